"""``voc train --tune`` in the real program, on a tiny XLM-RoBERTa: killed and gone on with, complete, refused."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from classify_tiny import examples

from tests.program import digests, voc, write_jsonl
from tests.warm import start
from voc.classify.gold import Example, gold_row
from voc.classify.trunk import count_layers
from voc.classify.upper import TuneRecipe
from voc.encoders import resolve_model
from voc.errors import ModelError

SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With ``base``, an encoder as save_pretrained writes it, and ``gold.jsonl``."""
    from transformers import XLMRobertaConfig, XLMRobertaModel

    folder = tmp_path_factory.mktemp("tuned")
    config = XLMRobertaConfig(vocab_size=48_340, pad_token_id=1, max_position_embeddings=66, **SIZES)
    XLMRobertaModel(config).save_pretrained(folder / "base")
    shutil.copy(resolve_model().path / "tokenizer.json", folder / "base")
    (folder / "base" / "MODEL_CARD.md").write_text("# base\n\nLicence: MIT. Never tuned.\n", "utf-8")
    write_jsonl(folder / "gold.jsonl", [gold_row(example) for example in licensed()])
    return folder


def licensed() -> list[Example]:
    """Documents of one source under two licences: English ones under MIT, Chinese ones under none that is known."""
    return [replace(e, licence="MIT" if e.document.language == "en" else "") for e in examples(220)]


def arguments(folder: Path, out: Path) -> list[str | Path]:
    return ["train", "--data", folder / "gold.jsonl", "--base", folder / "base", "--tune", "--epochs", "2",
            "--device", "cpu", "--workers", "1", "-o", out]  # fmt: skip


def test_a_killed_fine_tuning_goes_on_and_gives_the_same_model(folder: Path, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole" / "acme", tmp_path / "killed" / "acme"
    done = voc(*arguments(folder, whole), "--json")
    assert done.code == 0, done.err
    assert done.json["epochs"] in (1, 2)

    hook = ("tests.faults.hooks:die_after_epoch", 1)
    assert start(*arguments(folder, killed), hook=hook).wait().code == -9
    assert not killed.exists()
    assert (killed.with_name("acme.partial") / "kept" / "epoch.safetensors").is_file()
    done = voc(*arguments(folder, killed))
    assert done.code == 0, done.err
    assert "epoch 1: loss " in done.out
    assert digests(killed) == digests(whole)
    assert not killed.with_name("acme.partial").exists()

    assert set(digests(whole)) == {
        "CLASSIFIER_CARD.md", "MODEL_CARD.md", "classifier.toml", "config.json", "heads.safetensors",
        "model.safetensors", "model.toml", "theme.safetensors", "tokenizer.json",
    }  # fmt: skip
    card = (whole / "CLASSIFIER_CARD.md").read_text("utf-8")
    languages = Counter(e.document.language for e in licensed())
    english, simplified, traditional = (languages[name] for name in ("en", "zh-Hans", "zh-Hant"))
    assert f"| tiny | MIT | {english} | en {english} |" in card
    assert f"| tiny | - | {simplified + traditional} | zh-Hans {simplified}, zh-Hant {traditional} |" in card
    assert "(taken)" in card
    assert str(tmp_path) not in card
    assert resolve_model(str(whole)).base_layer == 1
    above, told = (whole / "MODEL_CARD.md").read_text("utf-8").split("\n\n", 1)
    assert f"The card of {resolve_model(str(folder / 'base')).id}, whose upper layers were tuned here" in above
    assert told == "# base\n\nLicence: MIT. Never tuned.\n"
    assert "scripts/train.py" not in (whole / "classifier.toml").read_text("utf-8"), "voc train wrote it"

    feed = write_jsonl(tmp_path / "feed.jsonl", [{"id": "f", "time": "2026-11-03", "text": "She was rude to me."}])
    done = voc("classify", feed, "--model", whole, "-o", tmp_path / "records.jsonl")
    assert done.code == 0, done.err
    record = json.loads((tmp_path / "records.jsonl").read_text("utf-8"))
    assert record["model"].startswith("acme-drivers@")
    done = voc("evaluate", folder / "gold.jsonl", "--model", whole, "--rounds", "10", "--json")
    assert done.code == 0, done.err


def test_the_help_tells_how_many_rounds_there_are_at_most() -> None:
    told = " ".join(voc("train", "--help").out.split())
    assert f"held back get no better. [default: {TuneRecipe().epochs}]" in told


def test_what_cannot_be_tuned_is_said(folder: Path, tmp_path: Path) -> None:
    few = write_jsonl(tmp_path / "few.jsonl", [gold_row(example) for example in examples(90)])
    done = voc("train", "--data", few, "--base", folder / "base", "--tune", "-o", tmp_path / "acme")
    assert (done.code, "that fine-tuning would hold back" in done.err) == (1, True), done.err
    done = voc("train", "--data", few, "--epochs", "3", "-o", tmp_path / "acme")
    assert (done.code, "--epochs goes with --tune" in done.err) == (2, True), done.err
    assert list(tmp_path.iterdir()) == [few]


def test_layers_of_another_family_are_refused(tmp_path: Path) -> None:
    from transformers import DistilBertConfig, DistilBertModel

    config = DistilBertConfig(vocab_size=48_340, dim=16, n_layers=1, n_heads=2, hidden_dim=32)
    DistilBertModel(config).save_pretrained(tmp_path)
    shutil.copy(resolve_model().path / "tokenizer.json", tmp_path)
    with pytest.raises(ModelError, match="distilbert, whose layers cannot be fine-tuned"):
        count_layers(resolve_model(str(tmp_path)))
