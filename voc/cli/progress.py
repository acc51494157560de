"""A progress bar on one line of a terminal."""

from __future__ import annotations

import shutil
import time
from typing import IO, Final

from voc.cli.terminal import printable

_INTERVAL: Final = 0.1  # seconds between two drawings: fast enough to look alive, slow enough to cost nothing
_WIDTH: Final = 24
_STAGE: Final = 30  # characters of a stage's name; it may hold the name of a file


class Bar:
    """Draws the stage that runs; see ``voc.pipeline.Progress``. ``stream`` is a terminal."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._stage: str | None = None
        self._total: int | None = None
        self._done = 0
        self._started = 0.0
        self._drawn = float("-inf")
        self._visible = False

    def start(self, stage: str, total: int | None) -> None:
        """A stage of ``total`` steps begins."""
        self.finish()
        self._stage, self._total, self._done = printable(stage)[:_STAGE], total, 0
        self._started = time.monotonic()
        self._draw()

    def advance(self, n: int) -> None:
        """``n`` more steps are done."""
        self._done += n
        if time.monotonic() - self._drawn >= _INTERVAL:
            self._draw()

    def finish(self) -> None:
        """The stage has ended: its line goes away, what it did is told elsewhere."""
        self.clear()
        self._stage = None

    def clear(self) -> None:
        """Makes room for a line of text."""
        if self._visible:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._visible = False

    def _draw(self) -> None:
        if self._stage is None:
            return
        self._drawn = time.monotonic()
        columns = shutil.get_terminal_size().columns
        self._stream.write("\r\x1b[K" + self.line(self._drawn - self._started)[: columns - 1])
        self._stream.flush()
        self._visible = True

    def line(self, seconds: float) -> str:
        """What the bar shows after ``seconds`` of the stage."""
        rate = self._done / seconds if seconds > 0 else 0.0
        speed = f"  {rate:,.0f}/s" if self._done and seconds >= 1 else ""
        if not self._total:
            return f"{self._stage:<10} {self._done:,}{speed}"
        share = min(self._done / self._total, 1.0)
        filled = round(share * _WIDTH)
        left = f"  {_clock((self._total - self._done) / rate)} left" if speed and self._done < self._total else ""
        bar = "#" * filled + "." * (_WIDTH - filled)
        return f"{self._stage:<10} [{bar}] {share:4.0%}  {self._done:,}/{self._total:,}{speed}{left}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
