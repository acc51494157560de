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
    forgotten: int = 0

    @property
    def folder(self) -> PurePosixPath:
        """Where it lies, of the input that was named."""
        return PurePosixPath(self.name).parent

    @property
    def kind(self) -> tuple[str, tuple[str, ...], bool]:
        """Equal for files of a folder that are told together: of one form, read the same way."""
        return PurePosixPath(self.name).suffix, self.choices, self.unchanged


class Telling:
    """Hears of files in the order in which they are read; ``say`` gets the lines. To be closed with ``done``."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._folder: PurePosixPath | None = None
        self._waiting = dict[object, list[FileTold]]()

    def add(self, told: FileTold) -> None:
        """The next file."""
        if told.folder != self._folder:
            self.done()
        self._folder = told.folder
        self._waiting.setdefault(told.kind, []).append(told)

    def done(self) -> None:
        """Say what is waiting."""
        for files in self._waiting.values():
            if len(files) > FEW:
                count = f"{len(files):,} {PurePosixPath(files[0].name).suffix} files".replace("  ", " ")
                self._lines(f"{files[0].folder}: {count}" if files[0].folder.name else count, files)
            else:
                for told in files:
                    self._lines(told.name, [told])
        self._waiting.clear()

    def _lines(self, name: str, files: Sequence[FileTold]) -> None:
        counts = ("added", "duplicates", "rejects", "forgotten")
        added, duplicates, rejects, forgotten = (sum(getattr(f, c) for f in files) for c in counts)
        if files[0].unchanged:
            self._say(f"{name}: unchanged, {added:,} documents, {rejects:,} rejects")
            return
        for choice in files[0].choices:
            self._say(f"{name}: {choice}")
        left_out = f", {forgotten:,} of forgotten customers left out" if forgotten else ""
        self._say(
            f"{name}: {added:,} documents added, {duplicates:,} exact duplicates, {rejects:,} rows rejected{left_out}"
        )
