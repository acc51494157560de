"""Files that were made to hang, fill or fool a reader: each maker writes one below a folder and returns it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

Maker = Callable[[Path, int], Path]
MAKERS: Final[dict[str, Maker]] = {}
ROW: Final = "r1,2026-03-04,the crew was rude to all of us\n"


def maker(function: Maker) -> Maker:
    """Lists ``function``, whose second argument says how large the file may be: megabytes of what is repeated."""
    MAKERS[function.__name__] = function
    return function


def file_of(folder: Path, name: str, *parts: bytes | str) -> Path:
    path = folder / name
    with path.open("wb") as file:
        for part in parts:
            file.write(part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part)
    return path


def header(*extra: str) -> str:
    """The header of a table and a good row."""
    return ",".join(("id", "date", "comment", *extra)) + "\n" + ROW
