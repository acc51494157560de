"""How a delivery can fail, and how it is tried again.

NotSent        base; ``detail`` holds no secret and is kept in the record
├── TryLater   nothing was taken: no connection, or the server is busy. Tried again
├── Refused    nothing was taken, and trying again would change nothing
└── Uncertain  all was handed over, and no answer came. Never tried again by itself: it may have arrived
"""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

_LONGEST_WAIT: Final = 60.0  # seconds; a server that asks for more is told of and asked again next time
_WHOLE: Final = 4  # times the timeout: what a connection may take in all, for a server that sends a byte now and then


class NotSent(Exception):
    """A delivery that is not known to have arrived."""

    def __init__(self, detail: str, *, after: float | None = None, attempts: int = 1) -> None:
        super().__init__(detail)
        self.detail = detail
        self.after = after
        self.attempts = attempts


class TryLater(NotSent):
    """Nothing was taken; ``after``: seconds that the server asks to wait, None where it says nothing."""


class Refused(NotSent):
    """Nothing was taken, and the same would be refused again."""


class Uncertain(NotSent):
    """It may have arrived."""


def waits(attempts: int, backoff: float, seed: str) -> Iterator[float]:
    """Seconds before each further attempt: doubling from ``backoff``, each times 0.5 to 1.5, the same for the same
    ``seed``, so that many senders do not come back at one moment and a test can foresee it."""
    jitter = random.Random(seed)  # noqa: S311 -- no secret
    for number in range(attempts - 1):
        yield min(backoff * 2**number * jitter.uniform(0.5, 1.5), _LONGEST_WAIT)


def attempt(
    work: Callable[[], str], *, attempts: int, backoff: float, seed: str, pause: Callable[[float], object]
) -> tuple[str, int]:
    """(what the server said, number of attempts) of ``work``, tried again on TryLater up to ``attempts`` (>= 1) times.

    A server that asks for a longer wait gets it, up to a minute. NotSent of the last attempt, with ``attempts`` set.
    """
    number = 1
    for wait in [*waits(attempts, backoff, seed), None]:
        try:
            return work(), number
        except TryLater as error:
            if wait is None or (error.after or 0.0) > _LONGEST_WAIT:
                raise _counted(error, number) from error
            pause(max(wait, error.after or 0.0))
        except NotSent as error:
            raise _counted(error, number) from error
        number += 1
    raise TryLater("no attempt was made")


def _counted(error: NotSent, number: int) -> NotSent:
    tries = f" ({number} attempts)" if number > 1 else ""
    return type(error)(f"{error.detail}{tries}", after=error.after, attempts=number)


@contextmanager
def time_limit(connection: Callable[[], socket.socket | None], timeout: float) -> Iterator[None]:
    """Ends the talk on the socket that ``connection`` gives where the block takes longer than four timeouts: each
    single wait has its own limit, which a server that sends a byte now and then would never reach."""

    def end() -> None:
        found = connection()
        if found is not None:
            with suppress(OSError):
                socket.socket.shutdown(found, socket.SHUT_RDWR)  # an SSLSocket's own would take its reader's state away

    timer = threading.Timer(_WHOLE * timeout, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
