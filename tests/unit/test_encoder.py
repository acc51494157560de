"""The embedded encoder: its files, its two engines, its windows, and that no text depends on another."""

from __future__ import annotations

import hashlib
import itertools
import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.cost import takes_at_most
from voc.encoders import (
    DEFAULT_MODEL,
    Encoded,
    Encoder,
    Passage,
    list_models,
    load_encoder,
    onnx_encoder,
    onnx_graph,
    resolve_model,
    windows,
)
from voc.errors import ModelError

# English, Simplified and Traditional versions of what one customer says; every text here was written for this test.
TRIPLES = [
    ("The receptionist was rude to my mother.", "前台对我妈妈很没礼貌。", "櫃檯對我媽媽很沒禮貌。"),
    ("My parcel arrived a week late.", "我的包裹晚到了一个星期。", "我的包裹晚到了一個星期。"),
    ("Nobody ever answered my e-mails.", "我的邮件从来没有人回复。", "我的郵件從來沒有人回覆。"),
    ("The breakfast was delicious.", "早餐非常好吃。", "早餐非常好吃。"),
    ("They could not explain the fees on my bill.", "他们解释不了我账单上的费用。", "他們解釋不了我帳單上的費用。"),
    ("I am closing my account tomorrow.", "我明天就去销户。", "我明天就去銷戶。"),
    ("The nurse was patient and kind.", "护士很有耐心，也很亲切。", "護理師很有耐心，也很親切。"),
    ("The app crashes whenever I log in.", "我一登录应用就闪退。", "我一登入應用程式就閃退。"),
]
TEXTS = [text for triple in TRIPLES for text in triple] + [
    "Waited two hours at gate B12. No staff, no news, no water! Never again 😡",
    "客服一直让我等，转了三个人，最后还是没解决。再也不来了！",
    "The café's Wi-Fi was slow, but Ms. O'Brien at desk 4 refunded £12.50 at once.",
    "等了四十分鐘才有人來，態度還很差，經理也不肯道歉。",
    "ok",
    "好",
    "First they lost the form. Then they lost it again. " * 30,
    "快递员把箱子扔在门口，里面的杯子全碎了。" * 40,
]
SENTENCE_ENDS = ".!?。！？"


def sentences(text: str) -> Passage:
    cuts = [0, *(i + 1 for i, char in enumerate(text) if char in SENTENCE_ENDS), len(text)]
    return Passage(text, tuple((a, b) for a, b in itertools.pairwise(cuts) if b > a))


def whole(text: str) -> Passage:
    return Passage(text, ((0, len(text)),))


def encode(encoder: Encoder, passages: list[Passage]) -> list[Encoded]:
    return list(encoder.encode(passages))


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def same(a: Encoded, b: Encoded) -> bool:
    return np.array_equal(a.vectors, b.vectors) and np.array_equal(a.tokens, b.tokens)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _own_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOC_CACHE_DIR", str(cache))


@pytest.fixture(scope="module")
def encoder(cache: Path) -> Encoder:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VOC_CACHE_DIR", str(cache))
        return load_encoder(threads=2)


@pytest.fixture(scope="module")
def results(encoder: Encoder) -> list[Encoded]:
    return encode(encoder, [sentences(text) for text in TEXTS])


# --- the files --------------------------------------------------------------------------------------------------------
def test_default_model_is_listed_and_verified() -> None:
    model = resolve_model()
    assert model.name == DEFAULT_MODEL
    assert DEFAULT_MODEL in [entry.name for entry in list_models()]
    assert model.weights_sha256 == hashlib.sha256((model.path / "encoder.safetensors").read_bytes()).hexdigest()
    assert model.id == f"voc-e5-small@{model.weights_sha256[:12]}"


def test_files_stay_small() -> None:
    folder = resolve_model().path
    assert sum((folder / name).stat().st_size for name in ("encoder.safetensors", "tokenizer.json")) < 43_000_000


def test_every_matrix_is_int8_with_a_scale_for_each_row() -> None:
    from safetensors.numpy import load_file

    tensors = load_file(resolve_model().path / "encoder.safetensors")
    matrices = [name for name in tensors if f"{name}_scale" in tensors]
    assert len(matrices) == 12 * 6 + 2
    for name in matrices:
        codes, scales = tensors[name], tensors[f"{name}_scale"]
        assert codes.dtype == np.int8
        assert scales.shape == codes.shape[:1]
        assert scales.dtype == np.float32
        assert np.abs(codes.astype(np.int16)).max(axis=1).min() == 127, f"{name}: a row does not use its range"


def test_quantising_rows_errs_by_half_a_step_at_most() -> None:
    from scripts.build_encoder import quantise_rows

    rows = np.random.default_rng(7).normal(size=(50, 384)).astype(np.float32)
    rows[3] = 0.0
    codes, scales = quantise_rows(rows)
    assert np.all(np.abs(codes * scales[:, None] - rows) <= scales[:, None] * 0.5001)


def test_tokenizer_knows_both_scripts_and_english(encoder: Encoder) -> None:
    assert isinstance(encoder, windows.WindowedEncoder)
    unknown = encoder.tokenizer.token_to_id("<unk>")
    ids = [i for text in TEXTS for i in encoder.tokenizer.encode(text, add_special_tokens=False).ids]
    assert ids.count(unknown) / len(ids) < 0.001


# --- the vectors ------------------------------------------------------------------------------------------------------
def test_translations_are_nearer_than_other_texts(encoder: Encoder) -> None:
    vectors = [
        unit(np.stack([r.document for r in encode(encoder, [whole(t) for t in texts])]))
        for texts in zip(*TRIPLES, strict=True)
    ]
    english, simplified, traditional = vectors
    for left, right in ((english, simplified), (english, traditional), (simplified, traditional)):
        likeness = left @ right.T
        assert (likeness.argmax(axis=1) == np.arange(len(TRIPLES))).all()
        assert np.diag(likeness).mean() > likeness[~np.eye(len(TRIPLES), dtype=bool)].mean() + 0.05


def test_torch_and_onnx_agree(results: list[Encoded]) -> None:
    torch = load_encoder(device="torch", threads=2)
    chosen = [*range(0, len(TEXTS), 3), len(TEXTS) - 1]
    reference = encode(torch, [sentences(TEXTS[i]) for i in chosen])
    left = np.concatenate([results[i].vectors for i in chosen])
    right = np.concatenate([result.vectors for result in reference])
    centre = right.mean(axis=0)
    assert (unit(left) * unit(right)).sum(axis=1).min() > 0.995
    assert (unit(left - centre) * unit(right - centre)).sum(axis=1).mean() > 0.985
    assert [r.tokens.tolist() for r in reference] == [results[i].tokens.tolist() for i in chosen]


def test_unsigned_weights_give_the_same_bits(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_encoder, "signed_products_are_exact", lambda: False)
    passages = [whole(text) for text in TEXTS[:3]]
    for a, b in zip(encode(load_encoder(threads=1), passages), encode(encoder, passages), strict=True):
        assert same(a, b)


# --- no text depends on another ---------------------------------------------------------------------------------------
def test_a_text_alone_has_the_same_bits(encoder: Encoder, results: list[Encoded]) -> None:
    for text, result in zip(TEXTS, results, strict=True):
        assert same(encode(encoder, [sentences(text)])[0], result), text[:40]


@pytest.mark.parametrize(("threads", "tokens", "lookahead"), [(1, 1, 2_048), (2, 96, 3), (2, 4_096, 2_048)])
def test_order_batches_and_threads_change_no_bit(
    results: list[Encoded], threads: int, tokens: int, lookahead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = load_encoder(threads=threads)
    monkeypatch.setattr(other, "batching", windows.Batching(tokens=tokens, lookahead=lookahead))
    order = list(range(len(TEXTS)))
    random.Random(5).shuffle(order)
    for i, result in zip(order, other.encode([sentences(TEXTS[i]) for i in order]), strict=True):
        assert same(result, results[i]), TEXTS[i][:40]


# --- spans and windows ------------------------------------------------------------------------------------------------
def test_a_document_is_the_mean_of_its_spans_by_tokens(encoder: Encoder) -> None:
    text = TEXTS[len(TRIPLES) * 3]
    parts, one = encode(encoder, [sentences(text), whole(text)])
    assert parts.tokens.sum() == one.tokens[0]
    np.testing.assert_allclose(parts.document, one.vectors[0], atol=1e-5)


def test_text_outside_the_spans_is_not_read(encoder: Encoder) -> None:
    text = "Agent: Hello! Customer: my bill is wrong. Agent: Bye."
    start, end = text.index("my"), text.index(" Agent: Bye")
    inner, alone = encode(encoder, [Passage(text, ((start, end),)), whole(text[start:end])])
    assert inner.tokens.tolist() == alone.tokens.tolist()
    assert float((unit(inner.vectors) * unit(alone.vectors)).sum()) > 0.999


def test_spans_without_tokens_have_the_zero_vector(encoder: Encoder) -> None:
    empty, none, gap = encode(encoder, [whole(""), Passage("text", ()), Passage("ab cd", ((0, 2), (2, 2), (3, 5)))])
    assert empty.tokens.tolist() == [0] and not empty.vectors.any() and not empty.document.any()
    assert none.vectors.shape == (0, encoder.dim) and none.tokens.shape == (0,)
    assert gap.tokens[1] == 0 and gap.tokens[0] > 0 and gap.tokens[2] > 0
    assert not gap.vectors[1].any()


def test_long_texts_run_over_windows_of_bounded_size(encoder: Encoder) -> None:
    assert isinstance(encoder, windows.WindowedEncoder)
    passages = [sentences(TEXTS[-1]), whole(TEXTS[-2])]
    cut = encoder.windows(passages)
    assert max(len(window.ids) for window in cut) <= windows.MAX_TOKENS
    assert [window.passage for window in cut] == sorted(window.passage for window in cut)
    assert len({span for window in cut if window.passage == 0 for span, _, _ in window.spans}) == len(passages[0].spans)
    assert len([window for window in cut if window.passage == 1]) > 1


@pytest.mark.parametrize("spans", [((0, 9),), ((2, 1),), ((0, 3), (2, 4)), ((-1, 2),)])
def test_wrong_spans_are_refused(encoder: Encoder, spans: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(ValueError, match="span"):
        encode(encoder, [Passage("five", spans)])


def test_encoding_streams(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "batching", windows.Batching(tokens=64, lookahead=2))
    taken = []

    def source() -> object:
        for text in TEXTS[:6]:
            taken.append(text)
            yield whole(text)

    stream = encoder.encode(source())  # type: ignore[arg-type]
    next(stream)
    assert len(taken) == 4  # two are used, two are being computed
    stream.close()  # type: ignore[attr-defined]


# --- hostile text -----------------------------------------------------------------------------------------------------
def test_surrogates_and_nul_keep_their_place(encoder: Encoder) -> None:
    text = "bad\ud800 \x00text\udfff 这里"
    result = encode(encoder, [Passage(text, ((0, 4), (5, len(text))))])[0]
    assert (result.tokens > 0).all()
    assert np.isfinite(result.vectors).all()


@pytest.mark.parametrize("word", ["x", "好", "🙂", " "])
def test_a_huge_word_takes_no_time(encoder: Encoder, word: str) -> None:
    assert isinstance(encoder, windows.WindowedEncoder)
    passage = Passage(word * 500_000, ((0, 10), (499_990, 500_000)))
    cut: list[windows.Window] = []
    assert takes_at_most(15, lambda: cut.__setitem__(slice(None), encoder.windows([passage])))
    assert sum(len(window.ids) for window in cut) < 100


@pytest.mark.parametrize("text", ["字" * 5_000, "word " * 2_000, "a" * 2_001, "句子。" * 1_500, "", "x" * 2_000])
def test_pieces_of_a_text_add_up_to_it(text: str) -> None:
    pieces = list(windows.cut_text(text, 0, len(text)))
    assert "".join(piece for _, piece in pieces) == text
    assert all(text[at : at + len(piece)] == piece and len(piece) <= windows.PIECE_CHARS for at, piece in pieces)


# --- errors -----------------------------------------------------------------------------------------------------------
def test_an_unknown_model_names_what_is_there() -> None:
    with pytest.raises(ModelError, match="no model named 'nothing-here'") as caught:
        load_encoder("nothing-here")
    assert caught.value.exit_code == 4
    assert DEFAULT_MODEL in str(caught.value)


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(resolve_model().path, copy)
    assert resolve_model(str(copy)).name == DEFAULT_MODEL
    with (copy / "tokenizer.json").open("a", encoding="utf-8") as stream:
        stream.write(" ")
    with pytest.raises(ModelError, match=r"tokenizer\.json is damaged"):
        resolve_model(str(copy))
    (copy / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match="lacks"):
        resolve_model(str(copy))


def test_folders_that_hold_no_model_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no model"):
        resolve_model(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match=r"lacks model\.safetensors"):
        resolve_model(str(tmp_path))
    (tmp_path / "model.toml").write_text("kind = 3")
    with pytest.raises(ModelError, match="cannot be read"):
        resolve_model(str(tmp_path))


def test_no_gpu_is_a_clear_error() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(ModelError, match="CUDA"):
        load_encoder(device="cuda")


def test_a_damaged_or_unwritable_cache_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOC_CACHE_DIR", str(tmp_path))
    file = onnx_graph.graph_file(resolve_model())
    whole_size = file.stat().st_size
    file.write_bytes(file.read_bytes()[:1000])
    load_encoder(threads=1)
    assert file.stat().st_size == whole_size
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    (tmp_path / "a-file").touch()
    monkeypatch.setenv("VOC_CACHE_DIR", str(tmp_path / "a-file" / "below"))
    elsewhere = onnx_graph.graph_file(resolve_model())
    assert elsewhere.stat().st_size == whole_size
    shutil.rmtree(elsewhere.parent)


def test_an_ordinary_transformers_folder_loads(tmp_path: Path, encoder: Encoder) -> None:
    from transformers import BertConfig, BertModel

    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    BertModel(BertConfig(vocab_size=48_340, **sizes)).save_pretrained(tmp_path)
    shutil.copy(resolve_model().path / "tokenizer.json", tmp_path)
    small = load_encoder(str(tmp_path))
    result = encode(small, [sentences(TEXTS[1])])[0]
    assert small.dim == 32 == result.vectors.shape[1]
    assert small.id.startswith(f"{tmp_path.name}@")
    assert np.abs(result.vectors).sum() > 0


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.json", b"{"),
        ("config.json", b"{}"),
        ("config.json", b'{"model_type": "nobody-knows"}'),
        ("config.json", b'{"model_type": "bert", "hidden_size": "wide"}'),
        (
            "config.json",
            b'{"model_type": "bert", "hidden_size": 64, "num_attention_heads": 2}',
        ),  # not the weights' size
        ("model.safetensors", b""),
        ("model.safetensors", b"\xff" * 64),
        ("tokenizer.json", b""),
        ("tokenizer.json", b"[]"),
        ("tokenizer.json", b"\xff\xfe"),
    ],
)
def test_a_damaged_transformers_folder_is_a_model_error(tmp_path: Path, file: str, content: bytes) -> None:
    from transformers import BertConfig, BertModel

    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    BertModel(BertConfig(vocab_size=48_340, **sizes)).save_pretrained(tmp_path)
    shutil.copy(resolve_model().path / "tokenizer.json", tmp_path)
    (tmp_path / file).write_bytes(content)
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_encoder(str(tmp_path))


def test_a_hub_name_that_is_not_in_the_cache_is_a_model_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="nobody/nothing cannot be loaded") as caught:
        load_encoder("nobody/nothing")
    assert caught.value.hint and "offline" in caught.value.hint
