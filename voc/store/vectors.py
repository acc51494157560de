"""Segment vectors in Parquet shards beside the database, keyed by segment and encoder.

One shard per stored batch: ``vectors/<digest of the encoder's id>/<digest of the contents>.parquet`` with the columns
``document`` (content key), ``segment`` (index in the document) and ``vector`` (fixed-size list of float16), one row
per segment. A shard is whole and durable before the transaction that names it commits; one that no transaction names
is left over from a killed run and swept when a writer opens the store.

float16 because a million documents are some 5 million vectors (4 GB instead of 8). The encoders' vectors have length
1, so that the rounding moves a cosine by less than 1e-3; it does not touch determinism, because themes always read
what was stored, never what was just computed.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.errors import StoreError
from voc.store import files

FOLDER = "vectors"
MEND = "Delete it if it is there, then run again: what it held is computed anew."


@dataclass(frozen=True, slots=True)
class Shard:
    """A written shard: its path relative to the folder of vectors, number of rows, SHA-256 of the file."""

    path: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where one vector lies: the shard's relative path and the row in it (from 0)."""

    path: str
    row: int


class Vectors:
    """The folder of shards of one workspace. It knows nothing of SQL; the database knows which shards count."""

    def __init__(self, workspace: Path) -> None:
        self._folder = workspace / FOLDER

    def write(self, encoder: str, refs: Sequence[tuple[str, int]], vectors: NDArray[np.float32]) -> Shard:
        """Write one durable shard. ``refs``: (document key, segment index) for each row of ``vectors`` (n, dim).

        ValueError on vectors that float16 cannot hold; StoreError where the disk refuses.
        """
        with np.errstate(over="ignore"):
            halves = np.ascontiguousarray(vectors, dtype=np.float16)
        if len(refs) != len(halves) or not np.isfinite(halves).all():
            raise ValueError(f"{len(refs)} segments do not fit {vectors.shape} vectors, or some are not finite")
        return self._save(self._folder / _digest(encoder), refs, halves)

    def _save(self, folder: Path, refs: Sequence[tuple[str, int]], halves: NDArray[np.float16]) -> Shard:
        data = _parquet(refs, halves)
        digest = hashlib.sha256(data).hexdigest()
        path = folder / f"{digest[:24]}.parquet"
        try:
            files.private_folder(self._folder)
            files.private_folder(path.parent)
            files.write_atomic(path, data)
        except OSError as error:
            raise StoreError(
                f"cannot write {path}: {error.strerror}", "Free some space and run again; nothing done is lost."
            ) from error
        return Shard(path.relative_to(self._folder).as_posix(), len(refs), digest)

    def read(self, places: Sequence[Place], dim: int | None = None) -> NDArray[np.float32]:
        """The vectors at ``places``, in that order: (n, dim) float32; (0, dim or 0) for no places.

        Each shard is read once, one at a time: memory is the result and one shard. StoreError on one that is missing
        or damaged.
        """
        by_shard: dict[str, list[int]] = {}
        for position, place in enumerate(places):
            by_shard.setdefault(place.path, []).append(position)
        result: NDArray[np.float32] | None = None
        for path, positions in by_shard.items():
            shard = self._load(path)
            wanted = [places[p].row for p in positions]
            if result is None:
                result = np.empty((len(places), shard.shape[1]), dtype=np.float32)
            if shard.shape[1] != result.shape[1] or max(wanted) >= len(shard):
                raise StoreError(f"{self._folder / path} is not what was written", MEND)
            result[positions] = shard[wanted]
        return result if result is not None else np.empty((0, dim or 0), dtype=np.float32)

    def problem(self, path: str, sha256: str) -> str | None:
        """What is wrong with the shard ``path``; None where it is what was written."""
        try:
            data = (self._folder / path).read_bytes()
        except OSError as error:
            return f"cannot be read ({error.strerror})"
        return None if hashlib.sha256(data).hexdigest() == sha256 else "is not what was written"

    def blanked(self, path: str, keys: Collection[str]) -> Shard | None:
        """A new shard like the one at ``path`` in which the rows of the documents ``keys`` hold zeros and name none;
        the old one stays. None where it has no such row. StoreError where it cannot be read or the disk refuses."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        file = self._folder / path
        try:
            named = pq.read_table(file, columns=["document", "segment"], memory_map=False).to_pydict()
        except (OSError, pa.ArrowException) as error:
            raise StoreError(f"cannot read the vectors {file}", MEND) from error
        gone = [row for row, key in enumerate(named["document"]) if key in keys]
        if not gone:
            return None
        halves = self._load(path).copy()
        halves[gone] = 0
        left = ["" if key in keys else key for key in named["document"]]
        return self._save(file.parent, list(zip(left, named["segment"], strict=True)), halves)

    def present(self) -> set[str]:
        """The relative paths of all files in the folder of vectors, unfinished ones included."""
        if not self._folder.is_dir():
            return set()
        return {p.relative_to(self._folder).as_posix() for p in self._folder.glob("*/*")}

    def remove(self, paths: Iterable[str]) -> None:
        """Delete files of the folder by relative path."""
        for path in paths:
            (self._folder / path).unlink(missing_ok=True)

    def _load(self, path: str) -> NDArray[np.float16]:
        """The (n, dim) float16 vectors of one shard."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        file = self._folder / path
        try:
            column: Any = pq.read_table(file, columns=["vector"], memory_map=False).column("vector").combine_chunks()
        except OSError as error:  # pyarrow's own errors of reading are OSErrors, too
            raise StoreError(f"cannot read the vectors {file}", MEND) from error
        except pa.ArrowException as error:
            raise StoreError(f"the vectors {file} are damaged", MEND) from error
        values: NDArray[np.float16] = column.flatten().to_numpy()
        return values.reshape(len(column), -1)


def _parquet(refs: Sequence[tuple[str, int]], halves: NDArray[np.float16]) -> bytes:
    """The shard as bytes: the same for the same contents (and version of pyarrow)."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(
        {
            "document": pa.array([key for key, _ in refs], pa.string()),
            "segment": pa.array([index for _, index in refs], pa.int32()),
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(halves.reshape(-1)), halves.shape[1]),
        }
    )
    out = io.BytesIO()
    # Vectors do not compress, and statistics over their elements mean nothing.
    pq.write_table(table, out, compression="none", use_dictionary=["document"], write_statistics=False)
    return out.getvalue()


def _digest(encoder: str) -> str:
    return hashlib.sha256(encoder.encode()).hexdigest()[:16]
