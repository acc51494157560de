"""Parquet files, row group by row group."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from voc.errors import InputError
from voc.ingest.objects import open_objects
from voc.ingest.record import IngestOptions
from voc.ingest.source import Opened
from voc.ingest.table import COLUMN_LIMIT

# No text that somebody wrote is packed to less than a byte a row, or to a two-hundredth.
_FEW_ROWS: Final = 10_000
_RATIO_LIMIT: Final = 200
_RATIO_FROM: Final = 32 << 20
_BATCH: Final = 1000  # rows


class ParquetReader:
    """Reads ``.parquet``."""

    kind: Final = "parquet"
    suffixes: Final = (".parquet", ".pq")

    def open(self, path: Path, options: IngestOptions) -> Opened:
        """Choose the columns; a column ``turns`` of {role, text} makes conversations as in JSONL."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            with pq.ParquetFile(path) as file:
                names = file.schema_arrow.names
                count = file.metadata.num_rows
                weight = _weight(file.metadata)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise _unreadable(path, error) from error
        size = path.stat().st_size
        if count > _FEW_ROWS + size or weight > max(_RATIO_FROM, _RATIO_LIMIT * size):
            raise InputError(
                f"{path.name} claims {count:,} rows and {weight / 1e6:,.0f} MB in {size:,} bytes: it looks like a bomb",
                "write the table without repeated rows, or as CSV",
            )
        if len(names) > COLUMN_LIMIT:
            raise InputError(f"{path.name} has {len(names):,} columns; at most {COLUMN_LIMIT:,} are read")
        if len(set(names)) < len(names):
            raise InputError(f"{path.name} has several columns of one name", "name each column differently")
        if not count:
            raise InputError(f"{path.name} is empty", "name a file with at least one document")
        return open_objects(path.name, lambda: _rows(path), options)


def _weight(metadata: Any) -> int:
    """Bytes that the columns say they unpack to; a column of one value says less than its rows hold."""
    groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
    return sum(int(group.total_byte_size) for group in groups)


def _unreadable(path: Path, error: Exception) -> InputError:
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    return InputError(f"{path.name} is no Parquet file that can be read ({said})", "write it again")


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_BATCH, use_threads=False):
                columns = [_values(column) for column in batch.columns]
                for cells in zip(*columns, strict=True):
                    number += 1
                    yield number, dict(zip(batch.schema.names, cells, strict=True))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _values(column: Any) -> list[Any]:
    """A column as Python values: times as text (those of nanoseconds or outside Python's years have no other form),
    bytes as text."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_temporal(kind):
        return list(column.cast(pa.string()).to_pylist())
    if pa.types.is_decimal(kind):
        return list(column.cast(pa.float64()).to_pylist())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return [None if v is None else v.decode("utf-8", "replace") for v in column.to_pylist()]
    values = column.to_pylist()
    if pa.types.is_map(kind):
        return [None if v is None else {str(k): one for k, one in v} for v in values]
    if pa.types.is_nested(kind):
        return [json.loads(json.dumps(v, default=str)) for v in values]
    return list(values)
