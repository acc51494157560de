"""Fixed ranges: what they leave of the vectors, and that nothing of a text depends on its neighbours."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from classify_tiny import examples
from encoder_tiny import DIM, LAYERS, LOUD, write_tiny
from safetensors.numpy import load_file

from voc.classify.prepared import passages_of
from voc.encoders import Passage, load_encoder
from voc.encoders.calibrate import calibrate
from voc.encoders.onnx_encoder import OnnxEncoder
from voc.encoders.quantise import EASE, RANGES
from voc.encoders.registry import ModelDir
from voc.encoders.torch_encoder import TorchEncoder
from voc.encoders.windows import Window

PASSAGES = passages_of(examples(48))


def error(model: ModelDir) -> float:
    """Mean distance of the vectors of other texts from those in 32-bit floating point, over their lengths."""
    texts = passages_of(examples(80))[48:]
    found, exact = load_encoder(str(model.path)).encode(texts), TorchEncoder(model, threads=1).encode(texts)
    pairs = [(a.vectors, b.vectors) for a, b in zip(found, exact, strict=True)]
    return float(np.mean([np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in pairs]))


@pytest.mark.parametrize("loud", [1.0, 30.0])
def test_ranges_cost_no_precision_and_large_channels_are_eased(loud: float, tmp_path: Path) -> None:
    model = write_tiny(tmp_path, loud)
    before, weights = error(model), load_file(tmp_path / "encoder.safetensors")
    found = calibrate(model, PASSAGES)
    held = load_file(tmp_path / "encoder.safetensors")
    assert found.id != model.id
    assert found.weights_sha256 == hashlib.sha256((tmp_path / "encoder.safetensors").read_bytes()).hexdigest()
    assert all(np.array_equal(held[name], weights[name]) for name in weights), "only ranges are added"
    assert set(held) - set(weights) == {RANGES, EASE}
    assert held[RANGES].shape == (LAYERS, 3, 2)
    assert (held[RANGES][..., 0] < 0).all()
    assert (held[RANGES][..., 1] > 0).all()
    assert held[EASE].shape == (LAYERS, DIM)
    assert (held[EASE].argmax(axis=1) == LOUD).all() == (loud > 1)
    assert held[EASE].min() == 1.0
    assert error(found) < 1.1 * before + 0.002


def test_the_same_texts_give_the_same_file_again(tmp_path: Path) -> None:
    once = calibrate(write_tiny(tmp_path), PASSAGES)
    assert calibrate(once, PASSAGES).id == once.id, "ranges are measured without those that are there"
    assert calibrate(once, PASSAGES[:2]).id != once.id
    with pytest.raises(ValueError, match="texts"):
        calibrate(once, [])


def test_a_vector_does_not_depend_on_its_neighbours(tmp_path: Path) -> None:
    encoder = load_encoder(str(calibrate(write_tiny(tmp_path), PASSAGES).path))
    together = list(encoder.encode(PASSAGES))
    for passage, one in zip(PASSAGES[:8], together[:8], strict=True):
        (alone,) = encoder.encode([passage])
        assert np.array_equal(alone.vectors, one.vectors)


def test_equal_windows_are_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = write_tiny(tmp_path)
    expected = [one.vectors for one in load_encoder(str(model.path)).encode(PASSAGES[:6])]
    encoder, seen = OnnxEncoder(model, threads=1), list[Window]()
    whole = encoder.sums_of
    monkeypatch.setattr(encoder, "sums_of", lambda windows: (seen.extend(windows), whole(windows))[1])
    again = list(encoder.encode([*PASSAGES[:6], *PASSAGES[:6], PASSAGES[2]]))
    assert len(seen) == len(encoder.windows(PASSAGES[:6]))
    for one, vectors in zip(again, [*expected, *expected, expected[2]], strict=True):
        assert np.array_equal(one.vectors, vectors)
    cut = Passage(PASSAGES[0].text, ((0, 4), (4, len(PASSAGES[0].text))))
    assert [len(one.vectors) for one in encoder.encode([PASSAGES[0], cut])] == [len(PASSAGES[0].spans), 2]
