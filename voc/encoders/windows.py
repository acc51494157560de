"""Late pooling: passages become token windows, windows become hidden states, states become one vector for each span.

A passage's spans are packed in order into windows of at most `max_tokens` tokens (prefix and special tokens included);
a span that does not fit into the rest of a window opens the next one, and one longer than a window runs over several.
The windows follow from the passage alone. One pass of the model over a window gives the vectors of all its spans.
"""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voc.encoders.base import Encoded, Passage
from voc.encoders.registry import THEME_FILE, TRANSFORMERS_KIND, VOC_KIND, WEIGHTS_FILES

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from voc.encoders.registry import ModelDir

MAX_TOKENS = 256
LOOKAHEAD_PASSAGES = 2_048
LOOKAHEAD_CHARS = 2_000_000
PIECE_CHARS = 2_000  # longest text given to the tokenizer at once: its time grows faster than the length of a word
PIECES_AT_ONCE = 512
PAUSES = frozenset("。！？；，、")

UNREADABLE = re.compile("[\x00\ud800-\udfff]")  # NUL and lone surrogates: not text, and no valid UTF-8


@dataclass(frozen=True, slots=True)
class Batching:
    """How windows are put together for the model.

    `tokens`: tokens in a batch, padding included. `multiple`: windows are padded to the next multiple of this (1: only
    windows of exactly one length share a batch, and there is no padding at all). `lookahead`: passages read ahead, to
    find windows of one length; `chars`: their characters, so that memory is bounded for documents of any length.
    """

    tokens: int
    multiple: int = 1
    lookahead: int = LOOKAHEAD_PASSAGES
    chars: int = LOOKAHEAD_CHARS


@dataclass(frozen=True, eq=False, slots=True)
class ThemeMap:
    """From the means of last and base layer to vectors for themes; made by training, see `voc.classify.tune`.

    `weight`: (dim, 2 dim), or (dim, dim) where there is one layer's mean alone; `bias`: (dim,).
    """

    weight: NDArray[np.float64]
    bias: NDArray[np.float64]

    def apply(self, means: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, width) -> (n, dim). In float64, so that how a library orders its sums does not show in the result."""
        return np.asarray(means.astype(np.float64) @ self.weight.T + self.bias, np.float32)


def theme_map(model: ModelDir) -> ThemeMap | None:
    """The map of a model whose upper layers were trained for drivers; None for every other."""
    from safetensors import safe_open

    if model.base_layer is None:
        return None
    holder = THEME_FILE if model.kind == TRANSFORMERS_KIND else WEIGHTS_FILES[VOC_KIND]
    with safe_open(model.path / holder, "np") as file:
        return ThemeMap(*(file.get_tensor(f"theme.{part}").astype(np.float64) for part in ("weight", "bias")))


@dataclass(frozen=True, slots=True)
class Window:
    """Token ids of one window and its spans: (span number, first position, position after the last)."""

    passage: int
    ids: NDArray[np.int64]
    spans: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the tokens of a window: special token and prefix before, special token after."""

    head: tuple[int, ...]
    tail: tuple[int, ...]
    pad: int
    max_tokens: int

    @property
    def room(self) -> int:
        """Tokens of text that fit into one window."""
        return self.max_tokens - len(self.head) - len(self.tail)


def make_frame(tokenizer: Tokenizer, prefix: str, max_tokens: int, pad: int) -> Frame:
    """Take the special tokens from the tokenizer; the prefix loses its last space, which the text's first token has."""
    special = tokenizer.encode("").ids
    head, tail = special[: (len(special) + 1) // 2], special[(len(special) + 1) // 2 :]
    before = tokenizer.encode(prefix.rstrip(), add_special_tokens=False).ids if prefix.strip() else []
    return Frame(tuple(head + before), tuple(tail), pad, max_tokens)


def cut_text(text: str, start: int, stop: int) -> Iterator[tuple[int, str]]:
    """Yield (offset, piece) of text[start:stop] in pieces of at most PIECE_CHARS characters.

    Cut before white space, which changes no token, else after a Chinese full stop or comma; only a word that is longer
    than a piece is cut inside.
    """
    while stop - start > PIECE_CHARS:
        end = start + PIECE_CHARS
        cut = next((i for i in range(end, start, -1) if text[i].isspace()), 0)
        cut = cut or next((i for i in range(end, start, -1) if text[i - 1] in PAUSES), end)
        yield start, text[start:cut]
        start = cut
    yield start, text[start:stop]


def check_spans(passage: Passage) -> None:
    """Raise ValueError unless the spans are ordered, do not overlap and lie in the text."""
    last = 0
    for start, end in passage.spans:
        if not last <= start <= end <= len(passage.text):
            size = len(passage.text)
            raise ValueError(f"span ({start}, {end}) is out of order or outside a text of {size} characters")
        last = end


def first_letters(piece: str, offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) position of each token's first character that is not white space; its start where all of it is space."""
    space = np.fromiter((char.isspace() for char in piece), dtype=bool, count=len(piece))
    if not space.any():
        return offsets[:, 0]
    following = np.where(space, len(piece), np.arange(len(piece)))
    following = np.append(np.minimum.accumulate(following[::-1])[::-1], len(piece))
    found = following[np.minimum(offsets[:, 0], len(piece))]
    return np.where(found < offsets[:, 1], found, offsets[:, 0])


def tokenise(tokenizer: Tokenizer, passages: Sequence[Passage]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """For each passage the token ids (n,) and the code point (n,) at which each token's own text begins.

    What lies before the first and after the last span is not even tokenised.
    """
    pieces: list[tuple[int, int, str]] = []
    for number, passage in enumerate(passages):
        text = UNREADABLE.sub("\ufffd", passage.text)
        start, stop = (passage.spans[0][0], passage.spans[-1][1]) if passage.spans else (0, 0)
        pieces += [(number, at, piece) for at, piece in cut_text(text, start, stop)]
    ids: list[list[NDArray[np.int64]]] = [[] for _ in passages]
    positions: list[list[NDArray[np.int64]]] = [[] for _ in passages]
    for first in range(0, len(pieces), PIECES_AT_ONCE):
        group = pieces[first : first + PIECES_AT_ONCE]
        encodings = tokenizer.encode_batch([piece for _, _, piece in group], add_special_tokens=False)
        for (number, at, piece), encoding in zip(group, encodings, strict=True):
            offsets = np.asarray(encoding.offsets, dtype=np.int64).reshape(-1, 2)
            ids[number].append(np.asarray(encoding.ids, dtype=np.int64))
            positions[number].append(first_letters(piece, offsets) + at)
    return [(np.concatenate(a), np.concatenate(b)) for a, b in zip(ids, positions, strict=True)]


def pack(
    number: int, passage: Passage, ids: NDArray[np.int64], positions: NDArray[np.int64], frame: Frame
) -> Iterator[Window]:
    """Pack the tokens of one passage's spans into windows; tokens outside every span are left out."""
    starts = np.fromiter((start for start, _ in passage.spans), dtype=np.int64, count=len(passage.spans))
    ends = np.fromiter((end for _, end in passage.spans), dtype=np.int64, count=len(passage.spans))
    owner = np.searchsorted(starts, positions, side="right") - 1
    inside = (owner >= 0) & (positions < ends[owner]) if len(starts) else np.zeros(len(positions), dtype=bool)
    ids, owner = ids[inside], owner[inside]
    edges = np.flatnonzero(np.diff(owner, prepend=-1, append=-2))
    tokens: list[NDArray[np.int64]] = []
    spans: list[tuple[int, int, int]] = []
    used, head = 0, len(frame.head)

    def close() -> Window:
        content = np.concatenate([np.asarray(frame.head, np.int64), *tokens, np.asarray(frame.tail, np.int64)])
        return Window(number, content, tuple(spans))

    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        for at in range(first, last, frame.room):
            part = ids[at : min(at + frame.room, last)]
            if used + len(part) > frame.room:
                yield close()
                tokens, spans, used = [], [], 0
            tokens.append(part)
            spans.append((int(owner[first]), head + used, head + used + len(part)))
            used += len(part)
    if tokens:
        yield close()


def first_of_like(windows: Sequence[Window]) -> list[int]:
    """For each window the number of the first that is equal to it: short reviews say the same again and again."""
    first: dict[tuple[bytes, tuple[tuple[int, int, int], ...]], int] = {}
    return [first.setdefault((window.ids.tobytes(), window.spans), n) for n, window in enumerate(windows)]


def make_batches(windows: Sequence[Window], numbers: Iterable[int], batching: Batching) -> list[list[int]]:
    """Group ``numbers`` of windows by padded length, shortest first, into batches of at most that many tokens."""
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for number in numbers:
        groups[padded(windows[number], batching)].append(number)
    batches: list[list[int]] = []
    for length in sorted(groups):
        rows = max(1, batching.tokens // length)
        batches += [groups[length][at : at + rows] for at in range(0, len(groups[length]), rows)]
    return batches


def padded(window: Window, batching: Batching) -> int:
    """Length of a window after padding; it follows from the window alone."""
    return -(-len(window.ids) // batching.multiple) * batching.multiple


def sums_over_spans(states: NDArray[np.float32], windows: Sequence[Window]) -> list[NDArray[np.float32]]:
    """From hidden states (rows, length, dim) to each window's (spans, dim) sums over its spans."""
    return [
        np.stack([states[row, first:last].sum(axis=0, dtype=np.float32) for _, first, last in window.spans])
        for row, window in enumerate(windows)
    ]


def cpu_count() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Begun:
    """Passages whose windows are being computed, of equal ones (``like``, see ``first_of_like``) the first;
    ``results`` waits for the sums of each batch, in order."""

    passages: Sequence[Passage]
    windows: Sequence[Window]
    like: Sequence[int]
    batches: Sequence[list[int]]
    results: Iterator[Iterable[NDArray[np.float32]]]


class WindowedEncoder(ABC):
    """The part that all engines share; an engine gives `sums_of`.

    Sums are over states (dim,); with a `theme_map` of two layers (2 dim,): the last layer's, then the base layer's.
    """

    def __init__(
        self,
        *,
        id: str,
        dim: int,
        tokenizer: Tokenizer,
        frame: Frame,
        batching: Batching,
        workers: int,
        theme_map: ThemeMap | None = None,
    ) -> None:
        self.id, self.dim, self.theme_map = id, dim, theme_map
        self.tokenizer, self.frame, self.batching = tokenizer, frame, batching
        self._workers = workers

    def encode(self, passages: Iterable[Passage]) -> Iterator[Encoded]:
        """See `voc.encoders.base.Encoder.encode`."""
        pool = ThreadPoolExecutor(self._workers, thread_name_prefix="voc-encode")
        try:
            begun: Begun | None = None
            for buffer in self._buffers(passages):
                following = self._begin(buffer, pool)  # at work while the results of the buffer before are used
                if begun:
                    yield from self._finish(begun)
                begun = following
            if begun:
                yield from self._finish(begun)
        finally:
            pool.shutdown(cancel_futures=True)  # nobody waits for a buffer whose results nobody wants

    def _buffers(self, passages: Iterable[Passage]) -> Iterator[list[Passage]]:
        buffer: list[Passage] = []
        chars = 0
        for passage in passages:
            check_spans(passage)
            buffer.append(passage)
            chars += len(passage.text)
            if len(buffer) >= self.batching.lookahead or chars >= self.batching.chars:
                yield buffer
                buffer, chars = [], 0
        if buffer:
            yield buffer

    def windows(self, passages: Sequence[Passage]) -> list[Window]:
        """Cut passages into windows, in order."""
        return [
            window
            for number, (ids, positions) in enumerate(tokenise(self.tokenizer, passages))
            for window in pack(number, passages[number], ids, positions, self.frame)
        ]

    @abstractmethod
    def sums_of(self, windows: Sequence[Window]) -> Iterable[NDArray[np.float32]]:
        """For each of a batch's windows (of one padded length) the sums (spans, dim) over its spans' states.

        Called by the worker threads; what it returns is read by the thread that wants the results.
        """

    def _begin(self, passages: Sequence[Passage], pool: ThreadPoolExecutor) -> Begun:
        windows = self.windows(passages)
        like = first_of_like(windows)
        batches = make_batches(windows, sorted(set(like)), self.batching)

        def work(batch: list[int]) -> Iterable[NDArray[np.float32]]:
            return self.sums_of([windows[number] for number in batch])

        return Begun(passages, windows, like, batches, pool.map(work, batches))

    def _finish(self, begun: Begun) -> Iterator[Encoded]:
        passages, windows = begun.passages, begun.windows
        sums: dict[int, NDArray[np.float32]] = {}
        for batch, results in zip(begun.batches, begun.results, strict=True):
            sums.update(zip(batch, results, strict=True))
        width = self.theme_map.weight.shape[1] if self.theme_map else self.dim
        vectors = [np.zeros((len(passage.spans), width), dtype=np.float32) for passage in passages]
        tokens = [np.zeros(len(passage.spans), dtype=np.int32) for passage in passages]
        for number, window in enumerate(windows):
            for (span, first, last), total in zip(window.spans, sums[begun.like[number]], strict=True):
                vectors[window.passage][span] += total
                tokens[window.passage][span] += last - first
        for vector, count in zip(vectors, tokens, strict=True):
            mean = np.divide(vector, np.maximum(count, 1)[:, None], dtype=np.float32)
            themes = self.theme_map.apply(mean) if self.theme_map else None
            yield Encoded(mean[:, : self.dim], count, themes)
