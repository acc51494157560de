"""What is said of the files that were read: a folder of many like files is told in a few lines, not in hundreds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

FEW: Final = 3  # so many like files of a folder are named one by one


@dataclass(frozen=True, slots=True)
class FileTold:
    """One file: how it was read, and counts; those of a file that is ``unchanged`` are what the store holds of it."""

    name: str
    choices: tuple[str, ...]
    added: int
    duplicates: int
    rejects: int
    unchanged: bool

    @property
    def kind(self) -> tuple[PurePosixPath, tuple[str, ...], bool]:
        """Equal for files that are told together: of one folder, read the same way."""
        return PurePosixPath(self.name).parent, self.choices, self.unchanged


class Telling:
    """Hears of files in the order in which they are read; ``say`` gets the lines. To be closed with ``done``."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._waiting = say, list[FileTold]()

    def add(self, told: FileTold) -> None:
        """The next file."""
        if self._waiting and self._waiting[0].kind != told.kind:
            self.done()
        self._waiting.append(told)

    def done(self) -> None:
        """Say what is waiting."""
        if len(self._waiting) > FEW:
            self._together(self._waiting)
        else:
            for told in self._waiting:
                self._lines(told.name, [told])
        self._waiting = []

    def _together(self, files: Sequence[FileTold]) -> None:
        folder = PurePosixPath(files[0].name).parent
        self._lines(f"{folder}: {len(files):,} files" if folder.name else f"{len(files):,} files", files)

    def _lines(self, name: str, files: Sequence[FileTold]) -> None:
        added, duplicates, rejects = (sum(getattr(f, c) for f in files) for c in ("added", "duplicates", "rejects"))
        if files[0].unchanged:
            self._say(f"{name}: unchanged, {added:,} documents, {rejects:,} rejects")
            return
        for choice in files[0].choices:
            self._say(f"{name}: {choice}")
        self._say(f"{name}: {added:,} documents added, {duplicates:,} exact duplicates, {rejects:,} rows rejected")
