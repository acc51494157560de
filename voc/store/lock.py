"""One writer at a time: a lock that the kernel gives back when its holder dies."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from voc.errors import LockedError, StoreError
from voc.store.files import PRIVATE_FILE, private_folder

POLL_SECONDS = 0.05


@contextmanager
def lock(workspace: Path, wait: float = 0.0) -> Iterator[None]:
    """Hold ``workspace`` (made where absent) for the block; wait up to ``wait`` seconds (>= 0) for another holder.

    The lock is the kernel's (flock), so that of a dead process is free at once, whatever its files say; the pid beside
    it only names the holder in the message. LockedError where the wait was too short.
    """
    private_folder(workspace)
    holder = FileLock(workspace / ".lock", mode=PRIVATE_FILE, poll_interval=POLL_SECONDS)
    pid_file = workspace / ".lock.pid"  # not in the lock file itself: whoever tries the lock may truncate that
    try:
        holder.acquire(timeout=wait)
    except Timeout as error:
        raise LockedError(
            f"{workspace} is in use by {_holder(pid_file)}", "Let it finish, or wait for it with --wait SECONDS."
        ) from error
    except OSError as error:
        raise StoreError(
            f"cannot lock {workspace}: {error.strerror or error}", "Name a writable workspace with -w."
        ) from error
    try:
        _write_pid(pid_file)
        yield
    finally:
        pid_file.unlink(missing_ok=True)
        holder.release()


def _write_pid(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, PRIVATE_FILE)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{os.getpid()}\n")


def _holder(path: Path) -> str:
    try:
        return f"process {int(path.read_text('ascii'))}"
    except (OSError, ValueError):  # between the holder's lock and its pid, or written by hand
        return "another process"
