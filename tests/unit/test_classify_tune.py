"""Fine-tuning: what it changes, what it leaves alone, and that both engines read what it writes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from classify_tiny import examples
from encoder_tiny import DIM, WIDE, write_tiny
from safetensors.numpy import load_file

from voc.classify.build import chinese_table
from voc.classify.checkpoint import Checkpoint
from voc.classify.prepared import Prepared, passages_of, prepare, vocabulary
from voc.classify.train import gram_table
from voc.classify.trunk import cut_trunk
from voc.classify.tune import _Training, tune
from voc.classify.tuned_model import recipe_for
from voc.classify.upper import Epoch, Tuned, TuneRecipe
from voc.encoders import Passage, load_encoder, resolve_model
from voc.encoders.calibrate import calibrate
from voc.encoders.quantise import EASE, RANGES, write_tuned
from voc.encoders.registry import ModelDir
from voc.encoders.torch_encoder import TorchEncoder
from voc.errors import ModelError
from voc.taxonomy import default_taxonomy

RECIPE = TuneRecipe(base_layer=1, upper=(1, 2), epochs=2, batch=16)
LABELS = default_taxonomy().labels


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> ModelDir:
    return write_tiny(tmp_path_factory.mktemp("tiny"))


def tuned(model: ModelDir, recipe: TuneRecipe = RECIPE) -> tuple[Tuned, list[Epoch]]:
    """Fine-tuned on 64 documents; what was told of each epoch."""
    documents = examples(64)
    data = prepare(documents, LABELS, load_encoder(str(model.path)), chinese_table())
    grams, idf = vocabulary(data.grams, data.owner, 3)
    trunk = cut_trunk(model, passages_of(documents), recipe.base_layer, recipe.upper, 1)
    told: list[Epoch] = []
    rows = np.arange(len(documents))
    return tune(trunk, data, gram_table(data, grams, idf), rows, recipe, seed=3, told=told.append), told


@pytest.fixture(scope="module")
def result(tiny: ModelDir) -> tuple[Tuned, list[Epoch]]:
    return tuned(tiny)


@pytest.fixture(scope="module")
def written(tiny: ModelDir, result: tuple[Tuned, list[Epoch]], tmp_path_factory: pytest.TempPathFactory) -> ModelDir:
    value, _ = result
    return write_tuned(
        tiny, tmp_path_factory.mktemp("out"), value.tensors, (value.theme_weight, value.theme_bias), RECIPE.base_layer
    )


def test_the_loss_falls_and_a_seed_gives_the_same_again(tiny: ModelDir, result: tuple[Tuned, list[Epoch]]) -> None:
    value, told = result
    losses = [epoch.loss for epoch in told]
    assert [epoch.number for epoch in told] == [1, 2]
    assert losses[-1] < losses[0]
    again, _ = tuned(tiny)
    assert all(np.array_equal(value.tensors[name], again.tensors[name]) for name in value.tensors)
    assert np.array_equal(value.member.gram_weights, again.member.gram_weights)


def test_only_the_upper_layers_change(tiny: ModelDir, written: ModelDir) -> None:
    before, after = (load_file(model.path / "encoder.safetensors") for model in (tiny, written))
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert changed
    assert all(name.startswith(("encoder.layer.1.", "encoder.layer.2.")) for name in changed)
    assert {name.split(".")[2] for name in changed} == {"1", "2"}
    assert set(after) - set(before) == {"theme.weight", "theme.bias"}
    assert written.base_layer == 1


def test_both_engines_give_the_same_vectors_for_drivers_and_for_themes(written: ModelDir) -> None:
    passages = [Passage(e.document.text, ((0, len(e.document.text)),)) for e in examples(8)]
    onnx = list(load_encoder(str(written.path)).encode(passages))
    torch = list(TorchEncoder(written, threads=1).encode(passages))
    for one, other in zip(onnx, torch, strict=True):
        assert one.themes is not None
        assert one.themes.shape == one.vectors.shape == (1, DIM)
        assert not np.allclose(one.themes, one.vectors)
        assert np.allclose(one.vectors, other.vectors, atol=0.15)
        assert np.allclose(one.theme_vectors, other.theme_vectors, atol=0.15)


def test_theme_vectors_stay_near_what_they_were(tiny: ModelDir, tmp_path: Path) -> None:
    """With nothing learnt for the labels the map gives the vectors of the model as it was."""
    value, _ = tuned(tiny, replace(RECIPE, epochs=1, trunk_rate=1e-12, head_rate=1e-12, token_dropout=0.0))
    new = write_tuned(tiny, tmp_path / "new", value.tensors, (value.theme_weight, value.theme_bias), 1)
    passages = [Passage(e.document.text, ((0, len(e.document.text)),)) for e in examples(6)]
    for old, now in zip(
        load_encoder(str(tiny.path)).encode(passages), load_encoder(str(new.path)).encode(passages), strict=True
    ):
        assert np.allclose(old.vectors, now.theme_vectors, atol=1e-3)


def test_a_text_has_the_same_vectors_alone_and_among_others(written: ModelDir) -> None:
    passages = [Passage(e.document.text, ((0, 5), (5, len(e.document.text)))) for e in examples(12)]
    encoder = load_encoder(str(written.path))
    together = list(encoder.encode(passages))
    for passage, one in zip(passages, together, strict=True):
        (alone,) = encoder.encode([passage])
        assert np.array_equal(alone.vectors, one.vectors)
        assert np.array_equal(alone.theme_vectors, one.theme_vectors)


def test_layers_can_be_left_out(tiny: ModelDir, tmp_path: Path) -> None:
    value, _ = tuned(tiny, replace(RECIPE, upper=(2,), epochs=1))
    written = write_tuned(tiny, tmp_path, value.tensors, (value.theme_weight, value.theme_bias), 1)
    assert written.spec["encoder"]["layers"] == 2
    before, after = (load_file(model.path / "encoder.safetensors") for model in (tiny, written))
    numbers = {name.split(".")[2] for name in after if name.startswith("encoder.layer.")}
    assert numbers == {"0", "1"}
    # What stands there is the third layer, tuned for one epoch, not the second.
    name = "encoder.layer.{}.output.dense.weight"
    codes = after[name.format(1)].astype(int).ravel()
    likeness = [np.corrcoef(codes, before[name.format(at)].astype(int).ravel())[0, 1] for at in (1, 2)]
    assert likeness[1] > 0.9 > abs(likeness[0])
    passages = [Passage(e.document.text, ((0, len(e.document.text)),)) for e in examples(4)]
    onnx = list(load_encoder(str(written.path)).encode(passages))
    torch = list(TorchEncoder(written, threads=1).encode(passages))
    for one, other in zip(onnx, torch, strict=True):
        assert np.allclose(one.vectors, other.vectors, atol=0.15)


def test_documents_without_labels_are_learnt_from_a_teacher(tiny: ModelDir) -> None:
    documents = examples(64)
    data = prepare(documents, LABELS, load_encoder(str(tiny.path)), chinese_table())
    grams, idf = vocabulary(data.grams, data.owner, 3)
    said = np.tile(np.where(np.arange(len(LABELS)) == 3, 0.9, 0.02).astype(np.float32), (len(data.vectors), 1))
    silent = replace(data, targets=np.zeros_like(data.targets), counts=np.zeros_like(data.counts))
    found = []
    for case in (silent, replace(silent, taught=said)):
        trunk = cut_trunk(tiny, passages_of(documents), 1, RECIPE.upper, 1)
        rows = np.arange(len(documents))
        recipe = replace(RECIPE, epochs=10, head_rate=0.05)
        result = tune(trunk, case, gram_table(case, grams, idf), rows, recipe, seed=3, told=lambda _: None)
        found.append(result.member.bias)
    assert np.allclose(found[0], -4.0, atol=0.05)  # nobody says anything
    assert found[1][3] > found[1][[0, 1, 2, 4, 5, 6, 7, 8]].max() + 0.1


def test_what_cannot_be_tuned_is_refused(written: ModelDir, result: tuple[Tuned, list[Epoch]], tmp_path: Path) -> None:
    value, _ = result
    with pytest.raises(ModelError, match="was tuned before, but not from layer 2 on"):
        write_tuned(written, tmp_path, value.tensors, (value.theme_weight, value.theme_bias), 2)


class Killed(Exception):
    """As much as a kill can be inside of one process."""


def test_training_goes_on_after_the_last_epoch_that_was_kept(
    tiny: ModelDir, result: tuple[Tuned, list[Epoch]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = examples(64)
    data = prepare(documents, LABELS, load_encoder(str(tiny.path)), chinese_table())
    grams, idf = vocabulary(data.grams, data.owner, 3)
    table, rows, kept, told = gram_table(data, grams, idf), np.arange(len(documents)), tmp_path / "epoch", list[Epoch]()

    def again(tell: Callable[[Epoch], None], given: Prepared = data) -> Tuned:
        trunk = cut_trunk(tiny, passages_of(documents), RECIPE.base_layer, RECIPE.upper, 1)
        return tune(trunk, given, table, rows, RECIPE, seed=3, told=tell, kept=kept)

    def kill(epoch: Epoch) -> None:
        raise Killed

    with pytest.raises(Killed):
        again(kill)
    trained: list[int] = []
    epoch_of = _Training.epoch
    monkeypatch.setattr(_Training, "epoch", lambda self: (trained.append(1), epoch_of(self))[1])
    resumed = again(told.append)
    assert (len(trained), [epoch.number for epoch in told]) == (1, [1, 2])
    value, undisturbed = result
    assert told == undisturbed
    assert all(np.array_equal(value.tensors[name], resumed.tensors[name]) for name in value.tensors)
    assert np.array_equal(value.member.gram_weights, resumed.member.gram_weights)
    assert np.array_equal(value.theme_weight, resumed.theme_weight)
    for damage in (b"", kept.read_bytes()[:-1]):
        kept.write_bytes(damage)
        assert Checkpoint(kept, "x").load() is None
    other = replace(data, targets=1.0 - data.targets)
    with pytest.raises(Killed):
        again(kill, other)
    assert len(trained) == 2, "what was kept of other data does not count"


def test_training_ends_when_watched_documents_get_no_better(tiny: ModelDir, tmp_path: Path) -> None:
    documents = examples(64)
    data = prepare(documents, LABELS, load_encoder(str(tiny.path)), chinese_table())
    grams, idf = vocabulary(data.grams, data.owner, 3)
    taught, watched = np.arange(48), np.arange(48, 64)
    wrong = data.targets.copy()
    wrong[watched] = 1.0  # what is learnt makes these worse from the first epoch on
    recipe, told = replace(RECIPE, epochs=6, patience=2, head_rate=0.05), list[Epoch]()
    trunk = cut_trunk(tiny, passages_of(documents), 1, RECIPE.upper, 1)
    value = tune(
        trunk, replace(data, targets=wrong), gram_table(data, grams, idf), taught, recipe, seed=3, told=told.append,
        watched=watched, kept=tmp_path / "epoch",
    )  # fmt: skip
    assert told == list(value.epochs)
    losses = [epoch.watched for epoch in told]
    assert len(told) == value.best + 2 < 6
    assert value.best == 1 + losses.index(min(losses))  # type: ignore[type-var]
    last = load_file(tmp_path / "epoch")
    assert np.allclose(value.member.bias, last["best.bias"])
    assert not np.allclose(value.member.bias, last["model.bias"])


def test_a_tuned_model_is_tuned_further_and_keeps_its_theme_vectors(written: ModelDir, tmp_path: Path) -> None:
    recipe = replace(recipe_for(written, 1), trunk_rate=1e-12, head_rate=1e-12, token_dropout=0.0)
    assert (recipe.base_layer, recipe.upper) == (1, (1, 2))
    value, _ = tuned(written, recipe)
    new = write_tuned(written, tmp_path / "new", value.tensors, (value.theme_weight, value.theme_bias), 1, "acme")
    assert new.id.startswith("acme@")
    assert new.spec["tuned_from"] == written.id
    passages = [Passage(e.document.text, ((0, len(e.document.text)),)) for e in examples(6)]
    for old, now in zip(
        load_encoder(str(written.path)).encode(passages), load_encoder(str(new.path)).encode(passages), strict=True
    ):
        assert np.allclose(old.vectors, now.vectors, atol=1e-3)
        assert np.allclose(old.theme_vectors, now.theme_vectors, atol=2e-3)


def test_ranges_that_were_measured_before_go(tiny: ModelDir, result: tuple[Tuned, list[Epoch]], tmp_path: Path) -> None:
    shutil.copytree(tiny.path, tmp_path / "old")
    old = calibrate(resolve_model(str(tmp_path / "old")), passages_of(examples(8)))
    assert RANGES in load_file(old.path / "encoder.safetensors")
    value, _ = result
    new = write_tuned(old, tmp_path / "new", value.tensors, (value.theme_weight, value.theme_bias), 1)
    assert not {RANGES, EASE} & set(load_file(new.path / "encoder.safetensors"))


def test_tensors_of_another_model_are_refused(
    tiny: ModelDir, result: tuple[Tuned, list[Epoch]], tmp_path: Path
) -> None:
    value, _ = result
    strange = {"encoder.layer.9.output.dense.weight": np.zeros((DIM, WIDE), np.float32)}
    with pytest.raises(ModelError, match=r"layer\.9"):
        write_tuned(tiny, tmp_path, strange, (value.theme_weight, value.theme_bias), 1)
