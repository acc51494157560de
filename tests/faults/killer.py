"""Ends a process with SIGKILL at a chosen commit point of the store, so that no handler and no `finally` runs.

Commit points are the only moments at which the workspace changes for good: each commit of a transaction and each
rename that publishes a file (shards of vectors, run.json, files of reports). They are numbered from 1.

    python tests/faults/killer.py --count FILE -- run feedback.csv -w W      writes the number of points to FILE
    python tests/faults/killer.py --at 7 --when before -- run feedback.csv -w W
    python tests/faults/killer.py --at 7 --when after  -- run feedback.csv -w W

What follows ``--`` is given to ``voc``. The process ends by SIGKILL (-9), or as ``voc`` does where it has fewer points.
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import voc.store.connection
import voc.store.files

BEFORE, AFTER = "before", "after"
NEVER = 0


class CommitPoints:
    """Counts the commit points that this process passes and ends it at the one numbered ``at``."""

    def __init__(self, at: int = NEVER, when: str = BEFORE) -> None:
        self.passed = 0
        self._at, self._when = at, when

    def install(self) -> None:
        """Stand before every commit point of this process, for good."""
        voc.store.connection.commit = self.watched(voc.store.connection.commit)
        voc.store.files.publish = self.watched(voc.store.files.publish)

    def watched(self, change: Callable[..., None]) -> Callable[..., None]:
        """``change`` as a commit point."""

        def counted(*arguments: Any) -> None:
            self.passed += 1
            number = self.passed
            self._end(number, BEFORE)
            change(*arguments)
            self._end(number, AFTER)

        return counted

    def _end(self, number: int, when: str) -> None:
        if (number, when) == (self._at, self._when):
            os.kill(os.getpid(), signal.SIGKILL)


def run_and_kill(function: Callable[..., None], arguments: tuple[Any, ...], at: int, when: str) -> int | None:
    """Run ``function`` (of a module, so that another process can import it) in a process of its own that is killed at
    the point ``at``; its exit code: -9 where it was killed, 0 where it had fewer points."""
    context = get_context("forkserver")  # forks from a process without threads, with what is slow to import in place
    context.set_forkserver_preload(["voc.store", "pyarrow.parquet"])
    process = context.Process(target=_watch, args=(function, arguments, at, when))
    process.start()
    process.join()
    code = process.exitcode
    process.close()
    return code


def _watch(function: Callable[..., None], arguments: tuple[Any, ...], at: int, when: str) -> None:
    CommitPoints(at, when).install()
    function(*arguments)


def main() -> int | None:
    """Exit code of ``voc``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at", type=int, default=NEVER, help="number of the commit point, from 1")
    parser.add_argument("--when", choices=(BEFORE, AFTER), default=BEFORE)
    parser.add_argument("--count", type=Path, help="file for the number of points that were passed")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="-- and the arguments of voc")
    options = parser.parse_args()
    points = CommitPoints(options.at, options.when)
    points.install()
    from voc.cli import main as voc_main

    try:
        return voc_main(options.arguments[1:] if options.arguments[:1] == ["--"] else options.arguments)
    finally:
        if options.count:
            options.count.write_text(f"{points.passed}\n", "ascii")


if __name__ == "__main__":
    sys.exit(main())
