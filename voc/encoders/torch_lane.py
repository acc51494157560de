"""A network on one device: windows in, sums over their spans out, so that hidden states never leave the device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from voc.encoders.windows import Batching, Frame, Window, padded
from voc.errors import ModelError

if TYPE_CHECKING:
    import torch

Sums = Iterator[NDArray[np.float32]]


class Lane:
    """One device with its copy of the network; used by one thread at a time.

    On a GPU the work is only put into the device's queue: copies go from and to pinned memory, and ``sums_of`` returns
    while the device computes; whoever reads the result waits for it.
    """

    def __init__(self, network: Any, device: torch.device, *, dtype: torch.dtype, base: int | None, own: bool) -> None:
        """``base``: number of the layer whose states are given beside the last one's; ``own``: the project's BERT."""
        self.device, self.base, self.own = device, base, own
        self.network = network.to(device=device, dtype=dtype).eval()
        self.parts = 1  # into how many a full batch is cut; it only grows, when memory runs out

    def sums_of(self, windows: Sequence[Window], frame: Frame, batching: Batching) -> Sums:
        """For each window (of one padded length) the sums (spans, dim) of its spans' states, float32.

        Where the device's memory does not hold the batch, it is cut in halves and computed again, and so are all that
        follow. A window's result is the same in a batch of any size as far as the device's matrix product is: to the
        bit on the processors that the tests ran on, to rounding elsewhere. ModelError where one window is too much.
        """
        import torch

        length = padded(windows[0], batching)
        full = max(1, batching.tokens // length)
        while True:
            rows = max(1, full // self.parts)
            try:
                begun = [
                    self._begin(windows[at : at + rows], frame, rows, length) for at in range(0, len(windows), rows)
                ]
                return chain.from_iterable(begun)
            except torch.OutOfMemoryError as error:
                if rows == 1:
                    raise ModelError(
                        f"the memory of {self.device} does not hold one window of {length} tokens",
                        "close what else uses that device, or run with --device cpu",
                    ) from error
            self.parts *= 2  # outside of the handler, whose error holds on to the tensors of what failed
            if self.device.type == "cuda":
                torch.cuda.empty_cache()

    def _begin(self, windows: Sequence[Window], frame: Frame, rows: int, length: int) -> Sums:
        import torch

        ids, lengths = fill(windows, frame, rows, length)
        spans = [(row * length + first, last - first) for row, w in enumerate(windows) for _, first, last in w.spans]
        tokens = np.concatenate([np.arange(first, first + count) for first, count in spans])
        with torch.inference_mode():
            mask = np.arange(length)[None, :] < lengths[:, None]
            states = self._states(self._send(ids), self._send(mask))
            flat = states.flatten(0, 1).index_select(0, self._send(tokens)).float()
            counts = self._send(np.array([count for _, count in spans], np.int64))
            # One thread adds up one span in order: unlike index_add's atomic additions on a GPU, always the same bits.
            # unsafe: the lengths are right, and looking at them would make the processor wait for the device.
            sums = torch.segment_reduce(flat, "sum", lengths=counts, unsafe=True)
            return self._fetch(sums, np.cumsum([len(w.spans) for w in windows])[:-1])

    def _states(self, ids: Any, mask: Any) -> Any:
        """(rows, length, dim), or (rows, length, 2 dim): the last layer's states, then the base layer's."""
        import torch

        if not self.own:
            output = self.network(input_ids=ids, attention_mask=mask.long(), output_hidden_states=self.base is not None)
            last, states = output.last_hidden_state, output.hidden_states
            return last if self.base is None else torch.cat([last, states[self.base]], dim=-1)
        # Layer by layer: transformers' own loop would look at the mask on the processor, which then waits for the
        # device, and would choose another attention kernel for batches that happen to need no padding.
        hidden = self.network.embeddings(input_ids=ids)
        seen, lower = mask[:, None, None, :], None
        for number, layer in enumerate(self.network.encoder.layer, start=1):
            result = layer(hidden, seen)
            hidden = result[0] if isinstance(result, tuple) else result
            lower = hidden if number == self.base else lower
        return hidden if lower is None else torch.cat([hidden, lower], dim=-1)

    def _send(self, array: NDArray[Any]) -> Any:
        import torch

        tensor = torch.from_numpy(array)
        return tensor.pin_memory().to(self.device, non_blocking=True) if self.device.type == "cuda" else tensor

    def _fetch(self, sums: Any, cuts: NDArray[np.intp]) -> Sums:
        """Start the copy back now; the iterator waits for it when it is read."""
        import torch

        if self.device.type != "cuda":
            return iter(np.split(sums.numpy(), cuts))
        home = torch.empty(sums.shape, dtype=sums.dtype, pin_memory=True)
        home.copy_(sums, non_blocking=True)
        arrived = torch.cuda.Event()  # type: ignore[no-untyped-call]
        arrived.record(torch.cuda.current_stream(self.device))

        def read() -> Sums:
            arrived.synchronize()
            yield from np.split(home.numpy(), cuts)

        return read()


def fill(
    windows: Sequence[Window], frame: Frame, rows: int, length: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ids (rows, length) and lengths (rows,) of windows of one padded length; rows beyond them hold one padding.

    So a batch's shape, and with it the kernels that a library chooses, follows from a window's length alone.
    """
    ids = np.full((rows, length), frame.pad, dtype=np.int64)
    lengths = np.ones(rows, dtype=np.int64)
    for row, window in enumerate(windows):
        ids[row, : len(window.ids)] = window.ids
        lengths[row] = len(window.ids)
    return ids, lengths
