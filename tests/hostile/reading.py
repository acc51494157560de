"""Reads a file in a process of its own, and measures what that took."""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

SECONDS_PER_MB = 2.0  # of processor time; a file of less than a megabyte has as long as one of it
MEGABYTES = 500  # of memory, Python and the libraries included


@dataclass(frozen=True)
class Read:
    """What came of a file: numbers of documents and rejects, reasons, the error of voc where it was refused as a whole
    (``Type: message | hint``), warnings, seconds of processor time and megabytes of memory at the peak. ``died`` says
    how the process ended where it did not end by itself."""

    documents: int = 0
    rejects: int = 0
    reasons: frozenset[str] = frozenset()
    error: str = ""
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    megabytes: float = 0.0
    died: str = ""

    @property
    def told(self) -> bool:
        """Whether anything came of it: a file that ends in nothing at all was skipped in silence."""
        return not self.died and bool(self.documents or self.rejects or self.error or self.warnings)


def read(path: Path, *, wait: float = 300.0) -> Read:
    """Reads ``path`` as ``voc ingest`` does; kills the reading after ``wait`` seconds."""
    context = get_context("forkserver")
    context.set_forkserver_preload(
        ["tests.hostile.reading", "voc.ingest", "voc.ingest.mail", "pyarrow.parquet", "ijson"]
    )
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_read, args=(str(path), theirs))
    process.start()
    theirs.close()
    try:
        found = ours.recv() if ours.poll(wait) else None
    except EOFError:
        found = None
    if found is None and process.is_alive():
        process.kill()
    process.join()
    return found if isinstance(found, Read) else Read(died=f"exit code {process.exitcode}")


def allowed_seconds(path: Path) -> float:
    """Seconds of processor time that a file of its size may take."""
    files = [p for p in path.rglob("*") if p.is_file()] if path.is_dir() else [path]
    return SECONDS_PER_MB * max(1.0, sum(p.lstat().st_size for p in files) / 1e6)


def _read(path: str, answer: Connection) -> None:
    import logging

    from voc.documents import Document, Reject
    from voc.errors import VocError
    from voc.ingest import open_sources

    warnings: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: warnings.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("voc").addHandler(handler)
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))  # the machine is not to suffer from what a test finds
    documents = rejects = 0
    reasons: set[str] = set()
    error = ""
    begin = time.process_time()
    try:
        for source in open_sources(path):
            for _, item in source.rows():
                if isinstance(item, Document):
                    documents += 1
                    assert item.key
                else:
                    assert isinstance(item, Reject) and item.reason
                    rejects += 1
                    reasons.add(item.reason)
    except VocError as refused:
        assert refused.message
        error = f"{type(refused).__name__}: {refused.message} | {refused.hint}"
    own, below = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    seconds = time.process_time() - begin + below.ru_utime + below.ru_stime
    peak = max(own.ru_maxrss, below.ru_maxrss) / 1024
    answer.send(Read(documents, rejects, frozenset(reasons), error, tuple(warnings), seconds, peak))
