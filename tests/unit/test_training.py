"""Training on any encoder: a tiny BERT in transformers' own format becomes a complete model, also after a kill."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from voc.classify import load_classifier
from voc.classify.gold import read_gold
from voc.encoders import Passage, load_encoder, resolve_model
from voc.engines import LocalEngine
from voc.errors import InputError
from voc.pipeline import NoProgress, training
from voc.pipeline.training import TrainOptions, train
from voc.taxonomy import default_taxonomy

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as save_pretrained writes it; its name says that windows begin with "query: "."""
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("models") / "tiny-e5"
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=48_340, **sizes)).save_pretrained(folder)
    shutil.copy(resolve_model().path / "tokenizer.json", folder)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lines = (ROOT / "corpora" / "contrasts" / "contrasts.jsonl").read_text("utf-8").splitlines()[::3]
    file = tmp_path_factory.mktemp("data") / "some.jsonl"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


def test_any_encoder_becomes_a_model_and_a_killed_training_goes_on(
    base: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "EPOCHS", (1, 2))
    options = TrainOptions((data,), tmp_path / "acme", base=str(base), members=1, workers=1)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(training, "_write", killed)
        with pytest.raises(KeyboardInterrupt):
            train(options, NoProgress())
    partial = tmp_path / "acme.partial"
    kept = {file: file.stat().st_mtime_ns for file in (partial / "kept").iterdir()}
    weights = (partial / "model.safetensors").stat().st_mtime_ns
    assert kept
    assert not options.out.exists()

    touched: list[int] = []
    monkeypatch.setattr(Path, "replace", _counting(Path.replace, touched))
    result = train(options, NoProgress())
    assert len(touched) == 1, "only the finished folder got its name: no vector was made again"
    assert not partial.exists()
    assert (options.out / "model.safetensors").stat().st_mtime_ns == weights
    assert result.summary["documents"] == len(read_gold(data, default_taxonomy()))
    assert (result.summary["kept"], len(result.summary["labels"])) == ([], 9)

    found = resolve_model(str(options.out))
    assert (found.name, found.spec["encoder"]["prefix"]) == ("acme", "query: ")
    passages = [Passage("The clerk was rude.", ((0, 19),))]
    before, after = (next(iter(load_encoder(str(f)).encode(passages))).vectors for f in (base, options.out))
    assert np.array_equal(before, after), "the new folder encodes as its base did"
    classifier = load_classifier(str(options.out), default_taxonomy())
    assert classifier.encoder_id == load_encoder(str(options.out)).id == found.id
    engine = LocalEngine(load_encoder(str(options.out)), classifier)
    (said,) = engine.classify([read_gold(data, default_taxonomy())[0].document])
    assert len(said.prediction.probabilities) == 9
    card = (options.out / "CLASSIFIER_CARD.md").read_text("utf-8")
    assert "| contrasts | CC0-1.0 |" in card
    assert str(tmp_path) not in card


def _counting(replace, touched: list[int]):  # type: ignore[no-untyped-def]
    def counted(self: Path, target: Path) -> Path:
        touched.append(1)
        return replace(self, target)

    return counted


def test_too_little_data_is_said_before_anything_is_written(base: Path, data: Path, tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"
    lines = data.read_text("utf-8").splitlines()
    few.write_text("\n".join(lines[:9]) + "\n", "utf-8")
    with pytest.raises(InputError, match=r"the data has \d documents with"):
        train(TrainOptions((few,), tmp_path / "acme", base=str(base)), NoProgress())
    assert not (tmp_path / "acme.partial").exists(), "nothing is begun that cannot be finished"
