"""Taxonomies that extend the built-in one, drivers added to a classifier, folders of new models, kept vectors."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from classify_tiny import DIM, PARTS, TinyEncoder, examples

from voc.classify.build import build_heads, chinese_table
from voc.classify.classifier import Classifier, Passed
from voc.classify.gold import Example, read_gold
from voc.classify.heads import HEADS_FILE, SPEC_FILE, load_heads, save_heads
from voc.classify.kept_vectors import CHUNK, KeptVectors
from voc.classify.model_folder import check_name, copy_encoder, copy_heads
from voc.classify.own_drivers import WithOwnDrivers
from voc.classify.prepared import prepare
from voc.classify.train import Recipe
from voc.documents import Document
from voc.encoders import Encoded, Passage
from voc.encoders.registry import VOC_KIND, ModelDir, resolve_model
from voc.errors import ConfigError, UsageError
from voc.taxonomy import Taxonomy, default_taxonomy, load_taxonomy, parse_taxonomy
from voc.text import segment

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "corpora" / "own-driver"
LABELS = default_taxonomy().labels
FEES, CLEAR = "hidden_fees.complaint", "hidden_fees.praise"
OWN = """
id = "acme"
version = 1
extends = "churn-drivers"
[drivers.hidden_fees]
name = { en = "Hidden fees", zh-Hans = "隐性收费" }
definition = { en = "Fees learnt of too late" }
examples = ["A fee appeared on the bill."]
"""
SENTENCES = (
    "A fee appeared on the bill.",
    "结账时多了一笔费用。",
    "結帳時多了一筆費用。",
    "They added a surcharge at the desk.",
)


def taxonomy() -> Taxonomy:
    return parse_taxonomy(OWN, "acme.toml")


def test_an_extension_comes_after_the_built_in_drivers() -> None:
    own = taxonomy()
    assert own.version.startswith("acme-1-")
    assert own.drivers[:-1] == default_taxonomy().drivers
    assert own.labels == (*LABELS[:4], FEES, *LABELS[4:8], CLEAR, "leave")
    driver = own.driver("hidden_fees")
    assert (driver.code, driver.examples) == ("hidden_fees", ("A fee appeared on the bill.",))
    assert driver.praise_name == {"en": "Hidden fees (praise)", "zh-Hans": "隐性收费（好评）"}
    assert default_taxonomy().drivers[0].examples == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("churn-drivers", "nothing", "extends names 'nothing'"),
        ("hidden_fees", "neglect", "neglect names two drivers"),
        ("hidden_fees", "leave", "the key 'leave'"),
        ("hidden_fees]", '"Hidden Fees"]', "small letters"),
        (
            'name = { en = "Hidden fees", zh-Hans = "隐性收费" }',
            'code = "D"\nname = { en = "x" }',
            "D names two drivers",
        ),
        ("version = 1", "", "'version' is missing"),
        ('["A fee', '[7, "A fee', "examples is not a list of texts"),
        ('en = "Fees', 'de = "Fees', "at least 'en'"),
    ],
)
def test_what_is_wrong_with_a_taxonomy_is_said(old: str, new: str, said: str) -> None:
    with pytest.raises(ConfigError, match=r"acme\.toml is not a taxonomy") as caught:
        parse_taxonomy(OWN.replace(old, new, 1), "acme.toml")
    assert said in caught.value.message


def test_a_taxonomy_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read the taxonomy"):
        load_taxonomy(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'id = "\xe9"')
    with pytest.raises(ConfigError, match="cannot read the taxonomy"):
        load_taxonomy(tmp_path / "latin.toml")


def heads_for(given: list[Example], labels: tuple[str, ...], folder: Path) -> Classifier:
    table = chinese_table()
    data = prepare(given, labels, TinyEncoder(), table)
    heads, _ = build_heads(
        data, labels=labels, taxonomy="tiny", encoder=TinyEncoder.id, shares=np.full(len(labels), 0.15), table=table,
        recipe=Recipe(epochs=6, batch=16, hidden=8, members=1, least_documents=1), groups=data.folds, workers=1,
    )  # fmt: skip
    folder.mkdir()
    save_heads(heads, folder)
    return Classifier(*_named(load_heads(folder)))


def _named(loaded: tuple[object, str]) -> tuple[object, str, str]:
    heads, digest = loaded
    return heads, "tiny", digest


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Classifier, WithOwnDrivers]:
    """A tiny classifier, and the same one with hidden fees learnt from forty documents."""
    folder = tmp_path_factory.mktemp("own")
    everyday = examples(120)
    base = heads_for(everyday, LABELS, folder / "base")
    shown = [
        Example(Document(f"f{i}", f"{SENTENCES[i % 4]} {i}.", "t"), frozenset({FEES}), {FEES: SENTENCES[i % 4]})
        for i in range(40)
    ]
    own = heads_for([*shown, *everyday], (FEES, CLEAR), folder / "own")
    return base, WithOwnDrivers(base, own, taxonomy().labels, "acme")


def texts() -> list[str]:
    sentences = [sentence for some in PARTS.values() for sentence in some]
    return [*sentences, *SENTENCES, f"{SENTENCES[0]} {sentences[0]}", "", "👍", "rude " * 3000]


def score(classifier: Classifier, text: str):  # type: ignore[no-untyped-def]
    document = Document("x", text, "t", language="en")
    segments = segment(text)
    passage = Passage(text, tuple((s.start, s.end) for s in segments))
    (found,) = classifier.score([Passed(document, segments, next(iter(TinyEncoder().encode([passage]))))])
    return found


def test_the_built_in_outputs_do_not_change_by_a_bit(both: tuple[Classifier, WithOwnDrivers]) -> None:
    base, extended = both
    places = [extended.labels.index(label) for label in base.labels]
    for text in texts():
        before, after = score(base, text), score(extended, text)
        assert [after.prediction.probabilities[i] for i in places] == list(before.prediction.probabilities)
        assert after.scores[:, places].tobytes() == before.scores.tobytes()
        kept = tuple(label for label in after.prediction.labels if label in base.labels)
        assert kept == before.prediction.labels
        assert [e for e in after.prediction.evidence if e.label in base.labels] == list(before.prediction.evidence)
        assert after.prediction.status == before.prediction.status
        assert after.vectors.tobytes() == before.vectors.tobytes()
    assert [extended.thresholds[i] for i in places] == list(base.thresholds)


def test_the_new_output_is_found_with_its_evidence(both: tuple[Classifier, WithOwnDrivers]) -> None:
    _, extended = both
    for sentence in SENTENCES:
        found = score(extended, f"{PARTS[None][0]} {sentence}").prediction
        assert FEES in found.labels
        assert len(found.probabilities) == len(extended.labels) == 11
        assert next(e for e in found.evidence if e.label == FEES).segment == 1
    assert not any(FEES in score(extended, text).prediction.labels for some in PARTS.values() for text in some)
    assert CLEAR not in score(extended, SENTENCES[0]).prediction.labels, "nobody ever showed it"
    assert extended.id != both[0].id


def test_labels_must_be_those_of_both(both: tuple[Classifier, WithOwnDrivers]) -> None:
    base, extended = both
    with pytest.raises(ValueError, match="are not the labels of both"):
        WithOwnDrivers(base, base, LABELS, "x")
    assert set(extended.errors) in (set(), set(extended.labels))


def test_the_new_folder_is_complete_and_verifies(both: tuple[Classifier, WithOwnDrivers], tmp_path: Path) -> None:
    base = tmp_path / "base"
    base.mkdir()
    (base / "encoder.safetensors").write_bytes(b"weights")
    (base / "tokenizer.json").write_bytes(b"{}")
    import hashlib

    files = {
        name: hashlib.sha256((base / name).read_bytes()).hexdigest()
        for name in ("encoder.safetensors", "tokenizer.json")
    }
    lines = "\n".join(f'"{name}" = "{digest}"' for name, digest in files.items())
    (base / "model.toml").write_text(f'# made\nid = "base"\nkind = "{VOC_KIND}"\n\n[files]\n{lines}\n')
    save_heads(both[0].heads, base)
    found = resolve_model(str(base))
    for _ in range(2):  # a killed training does it again
        copy_encoder(found, tmp_path / "new", "acme")
    made = resolve_model(str(tmp_path / "new"))
    assert made.id == f"acme@{files['encoder.safetensors'][:12]}"
    assert made.spec["base"] == found.id
    copy_encoder(made, tmp_path / "third", "again")
    assert resolve_model(str(tmp_path / "third")).spec["base"] == made.id, "a model of one's own can be a base"
    copy_heads(base, tmp_path / "new", made.id)
    heads, _ = load_heads(tmp_path / "new")
    assert heads.encoder == made.id
    assert (tmp_path / "new" / HEADS_FILE).read_bytes() == (base / HEADS_FILE).read_bytes()
    before = (base / SPEC_FILE).read_text().replace(TinyEncoder.id, made.id)
    assert (tmp_path / "new" / SPEC_FILE).read_text() == before


def test_names_of_models() -> None:
    assert check_name(Path("models/acme-2026.1")) == "acme-2026.1"
    for bad in ("..", "a b", "é", "x" * 65):
        with pytest.raises(UsageError, match="cannot name a model"):
            check_name(Path("models") / bad)


class Counting(TinyEncoder):
    def __init__(self) -> None:
        self.asked = 0

    def encode(self, passages: Iterable[Passage]) -> Iterator[Encoded]:
        for passage in passages:
            self.asked += 1
            yield from super().encode([passage])


def test_kept_vectors_are_those_of_the_encoder(tmp_path: Path) -> None:
    passages = [Passage(f"text {i}", ((0, 4), (5, 6 + i // 10)) if i % 3 else ()) for i in range(CHUNK + 30)]
    plain = list(TinyEncoder().encode(passages))
    for asked in (len(passages), 0):
        encoder = Counting()
        kept = KeptVectors(encoder, tmp_path / "kept")
        assert (kept.id, kept.dim) == (TinyEncoder.id, DIM)
        for left, right in zip(kept.encode(passages), plain, strict=True):
            assert left.vectors.tobytes() == right.vectors.tobytes()
            assert left.tokens.tolist() == right.tokens.tolist()
        assert encoder.asked == asked
    encoder = Counting()
    (next(iter((tmp_path / "kept").iterdir()))).write_bytes(b"damaged")
    assert len(list(KeptVectors(encoder, tmp_path / "kept").encode(passages))) == len(passages)
    assert encoder.asked in (CHUNK, 30), "one of the two files was made again"


def test_the_shipped_example_of_an_own_driver() -> None:
    own = load_taxonomy(CORPUS / "taxonomy.toml")
    rows = read_gold(CORPUS / "examples.jsonl", own)
    shown = [e for e in rows if FEES in e.labels]
    assert (len(rows), len(shown)) == (69, 39)
    assert all(e.quotes[FEES] in e.document.text for e in shown)
    assert {e.document.language for e in shown} == {"en", "zh-Hans", "zh-Hant"}
    assert len({e.group for e in rows}) == len(rows)
    everyday = read_gold(ROOT / "corpora" / "contrasts" / "contrasts.jsonl", own)
    assert not any(FEES in e.labels for e in everyday)


def test_records_of_a_model_without_the_driver_are_everyday_feedback(tmp_path: Path) -> None:
    row = {
        "id": "r", "text": "Fine.", "status": "ok", "language": "en", "channel": "review", "labels": ["neglect"],
        "praise": [], "leave": False, "leave_probability": 0.1, "leave_evidence": [], "abstained": [], "model": "m",
        "drivers": {d.key: {"complaint": 0.1, "praise": 0.1, "evidence": []} for d in default_taxonomy().drivers},
    }  # fmt: skip
    (tmp_path / "r.jsonl").write_text(json.dumps(row))
    (example,) = read_gold(tmp_path / "r.jsonl", taxonomy())
    assert example.labels == {"neglect.complaint"}
    assert replace(example, licence="x").group == example.group


def test_a_model_folder_names_its_kind(tmp_path: Path) -> None:
    """A folder of transformers' with a manifest keeps the prefix that its vectors were made with."""
    from voc.encoders.torch_encoder import prefix_of

    assert prefix_of(ModelDir("intfloat/multilingual-e5-large", "hub", Path("x"), "", {})) == "query: "
    assert prefix_of(ModelDir("acme", "transformers", Path("x"), "", {"encoder": {"prefix": "query: "}})) == "query: "
    assert prefix_of(ModelDir("acme", "transformers", Path("x"), "", {})) == ""
