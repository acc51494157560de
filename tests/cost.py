"""Processor time of work under test. A core whose other half computes for somebody else takes up to twice as long for
the same work, so a bound counts as broken only when several tries broke it."""

from __future__ import annotations

import time
from collections.abc import Callable

TRIES = 4


def seconds(work: Callable[[], object]) -> float:
    """Processor seconds of this process for one call of ``work``."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def takes_at_most(limit: float, work: Callable[[], object]) -> bool:
    """Whether one of a few calls of ``work`` ends within ``limit`` processor seconds."""
    return any(seconds(work) <= limit for _ in range(TRIES))


def grows_linearly(work: Callable[[int], object], small: int, large: int, *, start: float = 0.3) -> bool:
    """Whether ``work(large)`` costs at most twice what ``work(small)`` would if cost grew with the size, ``start``
    seconds aside."""
    allowed = 2 * large / small
    return any(
        seconds(lambda: work(large)) < allowed * seconds(lambda: work(small)) + start  # both anew: load comes and goes
        for _ in range(TRIES)
    )
