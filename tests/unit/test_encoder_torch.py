"""The torch engine: batches that outlive a full memory, several devices, precision, and that pooling keeps the sums."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
import torch

from voc.encoders import Encoded, Passage, resolve_model, torch_encoder
from voc.encoders.torch_encoder import TorchEncoder, find_devices, load_network, precision
from voc.encoders.torch_lane import Lane, fill
from voc.encoders.windows import Batching, pack, sums_over_spans, tokenise
from voc.errors import ModelError

WORDS = ["The desk clerk shrugged.", "没有人回复我的邮件。", "櫃檯的人很有禮貌。", "Late again!", "Thank you, Ann."]
TEXTS = [" ".join(WORDS[(n + i) % len(WORDS)] for i in range(1 + n % 7)) for n in range(24)]
PASSAGES = [Passage(text, ((0, len(text) // 2), (len(text) // 2, len(text)))) for text in TEXTS]


def encode(encoder: TorchEncoder) -> list[Encoded]:
    return list(encoder.encode(PASSAGES))


def same(left: list[Encoded], right: list[Encoded]) -> bool:
    pairs = [(a, b) for a, b in zip(left, right, strict=True)]
    return all(
        np.array_equal(a.vectors, b.vectors)
        and np.array_equal(a.theme_vectors, b.theme_vectors)
        and np.array_equal(a.tokens, b.tokens)
        for a, b in pairs
    )


@pytest.fixture(scope="module")
def encoder() -> TorchEncoder:
    return TorchEncoder(resolve_model(), threads=1)


@pytest.fixture(scope="module")
def whole(encoder: TorchEncoder) -> list[Encoded]:
    return encode(encoder)


class Crowded:
    """A device that holds a few rows only."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
        self.refused, self.ran, states = [], [], Lane._states

        def limited(lane: Lane, ids: Any, mask: Any) -> Any:
            if len(ids) > most:
                self.refused.append(len(ids))
                raise torch.OutOfMemoryError("CUDA out of memory (a test's)")
            self.ran.append(len(ids))
            return states(lane, ids, mask)

        monkeypatch.setattr(Lane, "_states", limited)


def test_a_full_memory_halves_batches_and_changes_no_bit(whole: list[Encoded], monkeypatch: pytest.MonkeyPatch) -> None:
    crowded = Crowded(monkeypatch, most := 2)
    encoder = TorchEncoder(resolve_model(), threads=1)
    assert same(encode(encoder), whole)
    assert crowded.refused and max(crowded.ran) <= most
    refused = len(crowded.refused)
    assert same(encode(encoder), whole)
    assert len(crowded.refused) == refused, "what was learnt of the memory is kept"


def test_one_window_that_finds_no_memory_is_a_model_error(monkeypatch: pytest.MonkeyPatch) -> None:
    Crowded(monkeypatch, 0)
    with pytest.raises(ModelError, match=r"memory of cpu does not hold one window of \d+ tokens") as caught:
        encode(TorchEncoder(resolve_model(), threads=1))
    assert caught.value.hint and "--device cpu" in caught.value.hint


def test_several_devices_share_the_work_and_change_no_bit(
    whole: list[Encoded], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_encoder, "find_devices", lambda _name: [torch.device("cpu")] * 2)
    both, used, lock = threading.Barrier(2, timeout=20), set(), threading.Lock()
    states = Lane._states

    def counted(lane: Lane, ids: Any, mask: Any) -> Any:
        with lock:
            first = lane not in used
            used.add(lane)
        if first:
            both.wait()  # each lane's first batch waits for the other's: they do work at the same time
        return states(lane, ids, mask)

    monkeypatch.setattr(Lane, "_states", counted)
    encoder = TorchEncoder(resolve_model(), threads=1)
    assert same(encode(encoder), whole)
    assert len(used) == 2 and len({id(lane.network) for lane in used}) == 2


def test_states_are_those_of_the_library(encoder: TorchEncoder) -> None:
    """Sums on the device are the sums of what transformers' own loop gives, with the padding of full batches."""
    model = resolve_model()
    network = load_network(model)[0].eval()
    assert network.config._attn_implementation == "sdpa"
    batching = Batching(tokens=512, multiple=256)
    (ids, positions), *_ = tokenise(encoder.tokenizer, PASSAGES[5:6])
    windows = list(pack(0, PASSAGES[5], ids, positions, encoder.frame))

    def run(ids: Any, lengths: Any) -> Any:
        mask = torch.from_numpy((np.arange(ids.shape[1])[None, :] < lengths[:, None]).astype(np.int64))
        with torch.inference_mode():
            out = network(input_ids=torch.from_numpy(ids), attention_mask=mask, output_hidden_states=True)
        return torch.cat([out.last_hidden_state, out.hidden_states[model.base_layer]], dim=-1).numpy()

    lane = Lane(network, torch.device("cpu"), dtype=torch.float32, base=model.base_layer, own=True)
    expected = sums_over_spans(run(*fill(windows, encoder.frame, 2, 256)), windows)
    for own in (True, False):
        lane.own = own
        for total, other in zip(lane.sums_of(windows, encoder.frame, batching), expected, strict=True):
            np.testing.assert_allclose(total, other, rtol=1e-4, atol=1e-3)


def test_batches_have_fixed_shapes(encoder: TorchEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last batch of a length is filled up, so that a text's neighbours do not choose its kernels."""
    shapes, states = [], Lane._states

    def seen(self: Lane, ids: Any, mask: Any) -> Any:
        shapes.append((tuple(ids.shape), mask.sum(dim=1).tolist()))
        return states(self, ids, mask)

    monkeypatch.setattr(Lane, "_states", seen)
    (ids, positions), *_ = tokenise(encoder.tokenizer, PASSAGES[:1])
    window = next(pack(0, PASSAGES[0], ids, positions, encoder.frame))
    size = len(window.ids)
    for number in (1, 2):
        assert len(list(encoder.sums_of([window] * number))) == number
    (rows, length), lengths = shapes[0]
    assert rows == 256 // length > 1 and length % 16 == 0
    assert [lengths, shapes[1]] == [[size] + [1] * (rows - 1), ((rows, length), [size] * 2 + [1] * (rows - 2))]


@pytest.mark.parametrize("dtype", ["bf16", "fp16"])
def test_half_precision_is_near_to_fp32(whole: list[Encoded], dtype: str) -> None:
    half = encode(TorchEncoder(resolve_model(), threads=1, dtype=dtype))
    left, right = (np.concatenate([e.vectors for e in found]) for found in (half, whole))
    likeness = (left * right).sum(axis=1) / np.linalg.norm(left, axis=1) / np.linalg.norm(right, axis=1)
    assert 0.999 < likeness.min() < 1.0
    assert not np.array_equal(left, right)


def test_a_device_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert [str(d) for d in find_devices("cuda")] == ["cuda:0", "cuda:1"]
    assert [str(d) for d in find_devices("cuda:1")] == ["cuda:1"]
    with pytest.raises(ModelError, match="torch sees cuda:0, cuda:1"):
        find_devices("cuda:7")


@pytest.mark.parametrize(
    ("cards", "expected"), [([(9, 0), (8, 0)], "bf16"), ([(7, 5)], "fp16"), ([(9, 0), (7, 5)], "fp16"), ([], "fp32")]
)
def test_precision_is_one_that_every_card_has(
    cards: list[tuple[int, int]], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: cards[device.index])
    devices = [torch.device("cuda", n) for n in range(len(cards))] or [torch.device("cpu")]
    assert precision(devices) == expected
