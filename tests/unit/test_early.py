"""The quality fast: vectors of the lower layers, heads and a map to theme vectors for them, and what is refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from classify_tiny import examples
from click.testing import CliRunner
from encoder_tiny import DIM, write_tiny
from safetensors.numpy import load_file

from scripts.train import main as train
from voc.classify import load_classifier
from voc.classify.early import theme_map
from voc.classify.gold import gold_row, target_matrix
from voc.classify.prepared import passages_of
from voc.encoders import FAST, load_encoder, read_exit
from voc.encoders.calibrate import calibrate
from voc.encoders.early import EXIT_FILE, Exit, write_exit
from voc.encoders.onnx_encoder import OnnxEncoder
from voc.encoders.quantise import write_tuned
from voc.encoders.registry import ModelDir
from voc.encoders.torch_encoder import TorchEncoder, dequantise
from voc.engines import LocalEngine
from voc.errors import ModelError
from voc.taxonomy import default_taxonomy

PASSAGES = passages_of(examples(24))
LAYERS = 2


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> ModelDir:
    """A model of three layers, the last of which could have been trained for drivers."""
    folder = tmp_path_factory.mktemp("tiny")
    model = write_tiny(folder)
    upper = {name: values for name, values in dequantise(model).items() if name.startswith("encoder.layer.2.")}
    theme = np.random.default_rng(1).normal(size=(DIM, 2 * DIM)).astype(np.float32)
    return calibrate(write_tuned(model, folder, upper, (theme, np.zeros(DIM, np.float32)), LAYERS), PASSAGES)


@pytest.fixture(scope="module")
def trained(tiny: ModelDir, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tiny model with heads, and with those of the quality fast."""
    folder = tmp_path_factory.mktemp("trained")
    shutil.copytree(tiny.path, folder / "tiny")
    rows = [json.dumps(gold_row(example)) for example in examples(240)]
    (folder / "gold.jsonl").write_text("\n".join(rows), "utf-8")
    more = [json.dumps({"text": f"{passage.text} Again."}) for passage in PASSAGES]
    (folder / "more.jsonl").write_text("\n".join(more), "utf-8")
    options = ["--train", "gold.jsonl", "--dev", "gold.jsonl", "--members", "1", "--workers", "1", "--out", "tiny"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for others in (["--encoder", "tiny"], ["--exit", str(LAYERS), "--feedback", "more.jsonl"]):
            done = CliRunner().invoke(train, [*options, *others], catch_exceptions=False)
            assert done.exit_code == 0, done.output
    assert "their map loses" in done.output
    return folder / "tiny"


def test_the_states_are_those_of_the_whole_graph(tiny: ModelDir) -> None:
    whole, early = OnnxEncoder(tiny, threads=1), OnnxEncoder(tiny, threads=1, early=Exit(LAYERS, None, "early"))
    windows = whole.windows(PASSAGES)
    for window in windows:
        (both,), (lower,) = whole.sums_of([window]), early.sums_of([window])
        assert both.shape == (len(window.spans), 2 * DIM)
        assert np.array_equal(lower, both[:, DIM:])


def test_both_engines_end_at_the_same_layer(tiny: ModelDir) -> None:
    end = Exit(LAYERS, None, "early")
    engines = (OnnxEncoder(tiny, threads=1, early=end), TorchEncoder(tiny, threads=1, early=end))
    for one, other in zip(*(engine.encode(PASSAGES) for engine in engines), strict=True):
        assert np.allclose(one.vectors, other.vectors, atol=0.15)
        assert one.themes is None
    assert [engine.id for engine in engines] == ["early", "early"]


def test_the_map_to_theme_vectors_finds_what_is_linear() -> None:
    random = np.random.default_rng(2)
    vectors = random.normal(3.0, 2.0, (20_000, 5)).astype(np.float32)
    slopes = random.normal(size=(5, 5))
    aims = (vectors @ slopes + 7.0).astype(np.float32)
    weight, bias, lost = theme_map(vectors, aims)
    assert np.allclose(vectors @ weight.T + bias, aims, atol=0.3)
    assert lost < 0.001
    assert theme_map(vectors, random.normal(size=aims.shape).astype(np.float32))[2] > 0.99


def test_trained_heads_classify_under_a_name_of_their_own(trained: Path) -> None:
    taxonomy, documents = default_taxonomy(), [example.document for example in examples(40)]
    balanced, fast = (load_classifier(str(trained), taxonomy, quality) for quality in ("balanced", FAST))
    assert fast.id.endswith("+fast")
    assert fast.id.split("@")[0] == balanced.id.split("@")[0]
    encoder = load_encoder(str(trained), threads=1, quality=FAST)
    assert encoder.id == fast.encoder_id != balanced.encoder_id
    found = list(LocalEngine(encoder, fast).classify(documents))
    kept = list(LocalEngine(load_encoder(str(trained), threads=1), balanced).classify(documents))
    said = np.array([done.prediction.probabilities for done in found])
    truth = target_matrix(examples(40), taxonomy.labels) > 0
    assert said[truth].mean() > 1.3 * said[~truth].mean(), "documents that were trained on"
    assert {done.encoder for done in found} == {encoder.id}
    assert all(a.vectors.shape == b.vectors.shape for a, b in zip(found, kept, strict=True))
    assert any(a.prediction.probabilities != b.prediction.probabilities for a, b in zip(found, kept, strict=True))


def test_what_was_trained_is_small_and_whole(trained: Path, tiny: ModelDir) -> None:
    files = {file.name for file in (trained / FAST).iterdir()}
    assert files == {EXIT_FILE, "heads.safetensors", "classifier.toml"}
    assert read_exit(replace(tiny, path=trained)).layers == LAYERS
    assert load_file(trained / FAST / EXIT_FILE)["theme.weight"].shape == (DIM, DIM)
    assert (trained / "encoder.safetensors").read_bytes() == (tiny.path / "encoder.safetensors").read_bytes()


def test_a_model_without_it_says_so(tiny: ModelDir) -> None:
    for load in (lambda: load_encoder(str(tiny.path), quality=FAST),
                 lambda: load_classifier(str(tiny.path), default_taxonomy(), FAST)):  # fmt: skip
        with pytest.raises(ModelError, match="tiny has nothing for the quality fast") as caught:
            load()
        assert "balanced" in str(caught.value.hint)


@pytest.mark.parametrize("damage", [b"", b"\xff" * 64])
def test_a_damaged_exit_is_a_model_error(tiny: ModelDir, tmp_path: Path, damage: bytes) -> None:
    model = replace(tiny, path=tmp_path)
    write_exit(tmp_path, LAYERS, np.eye(DIM), np.zeros(DIM))
    first = read_exit(model).id
    write_exit(tmp_path, LAYERS, np.eye(DIM), np.ones(DIM))
    assert read_exit(model).id != first, "vectors of two maps are kept apart"
    (tmp_path / FAST / EXIT_FILE).write_bytes(damage)
    with pytest.raises(ModelError, match="is damaged"):
        read_exit(model)


def test_heads_of_another_exit_are_refused(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path / "tiny")
    write_exit(tmp_path / "tiny", LAYERS, np.eye(DIM), np.zeros(DIM))
    with pytest.raises(ModelError, match="was trained on"):
        load_classifier(str(tmp_path / "tiny"), default_taxonomy(), FAST)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--exit", "3"], "cannot end after 3 layers"),
        (["--exit", "1", "--tune"], "--exit goes without"),
        (["--exit", "0"], "is not in the range"),
    ],
)
def test_what_goes_not_together(trained: Path, options: list[str], said: str) -> None:
    gold = str(trained.parent / "gold.jsonl")
    done = CliRunner().invoke(
        train, ["--train", gold, "--dev", gold, "--workers", "1", "--out", str(trained), *options]
    )
    assert done.exit_code != 0
    assert said in done.output + str(done.exception)
