"""What a run is asked to do, what it tells while it works, and what it did."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


class Progress(Protocol):
    """Told how far a stage is; what it shows, and where, is its own business."""

    def start(self, stage: str, total: int | None) -> None:
        """``stage`` begins; ``total`` steps are expected, None where that is not known."""

    def advance(self, n: int) -> None:
        """``n`` more steps are done."""

    def finish(self) -> None:
        """The stage that was started last has ended."""


class NoProgress:
    """Shows nothing."""

    def start(self, stage: str, total: int | None) -> None:
        """Nothing is shown."""

    def advance(self, n: int) -> None:
        """Nothing is shown."""

    def finish(self) -> None:
        """Nothing is shown."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of one command. None means: as voc.toml says, else the default.

    ``week``: "2026-W46"; ``since``, ``until``, ``as_of``: "2026-11-15", both ends included; ``mapping``: canonical
    field -> column; ``wait``: seconds to wait for the lock; ``segment``: (attribute, value) that documents of the
    report have, in the order of voc.pipeline.segments.ATTRIBUTES; ``overrides``: "section.key" -> value over voc.toml.
    """

    workspace: Path
    inputs: tuple[str, ...] = ()
    week: str | None = None
    since: str | None = None
    until: str | None = None
    out: Path | None = None
    as_of: str | None = None
    model: str | None = None
    device: str | None = None
    engine: str | None = None
    address: str | None = None
    quality: str | None = None
    taxonomy: Path | None = None
    report_language: str | None = None
    pdf: bool | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    max_reject_share: float | None = None
    require_new: bool = False
    wait: float = 0.0
    timings: Path | None = None
    revision: int | None = None
    segment: tuple[tuple[str, str], ...] = ()
    overrides: Mapping[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class RunResult:
    """What was done: ``summary`` for programs (JSON-able), ``lines`` for people, ``report_dir`` of the report, ``page``
    in it to open."""

    summary: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    report_dir: Path | None = None
    page: str = "report.html"

    def say(self, line: str) -> None:
        """Adds a line for people."""
        self.lines.append(line)


class StageClock:
    """Seconds, documents and peak memory of each stage; they go to run.json and ``--timings``, never into a report."""

    def __init__(self) -> None:
        self.stages: dict[str, dict[str, float | int]] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[dict[str, float | int]]:
        """Times the block as ``name``; the block may set ``documents`` in the row that it is given."""
        row: dict[str, float | int] = {"documents": 0}
        started = time.perf_counter()
        try:
            yield row
        finally:
            row["seconds"] = round(time.perf_counter() - started, 3)
            row["peak_memory_mb"] = peak_memory_mb()
            self.stages[name] = row


def peak_memory_mb() -> int:
    """Peak resident memory of this process so far, in MiB (getrusage gives KiB on Linux, bytes on macOS)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1024 * 1024) if sys.platform == "darwin" else peak // 1024
