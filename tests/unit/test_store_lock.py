"""The lock of a workspace: one holder, named in the message; that of a dead process is free."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from voc.errors import LockedError, StoreError
from voc.store import lock

HOLDER = """
import sys, time
from pathlib import Path
from voc.store.lock import lock
with lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def hold(workspace: Path, seconds: float) -> "subprocess.Popen[str]":
    """A process that holds the lock already when this returns."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(workspace), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def end(holder: "subprocess.Popen[str]") -> None:
    holder.kill()
    holder.communicate()


def test_a_second_process_is_told_who_holds_it(tmp_path):
    holder = hold(tmp_path / "w", 60)
    try:
        with pytest.raises(LockedError) as caught, lock(tmp_path / "w"):
            pass
        assert f"process {holder.pid}" in caught.value.message
        assert "--wait" in (caught.value.hint or "")
        assert caught.value.exit_code == 6
        with pytest.raises(LockedError, match=str(holder.pid)), lock(tmp_path / "w"):
            pass  # asking has not wiped the name of the holder
    finally:
        end(holder)


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path):
    holder = hold(tmp_path, 60)
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    assert (tmp_path / ".lock.pid").read_text() == f"{holder.pid}\n"  # what it left does not matter
    with lock(tmp_path):
        assert (tmp_path / ".lock.pid").read_text() == f"{os.getpid()}\n"
    assert not (tmp_path / ".lock.pid").exists()


def test_waiting_gets_it_when_the_holder_ends(tmp_path):
    holder = hold(tmp_path, 0.4)
    started = time.monotonic()
    with lock(tmp_path, wait=30):
        waited = time.monotonic() - started
    end(holder)
    assert 0.1 < waited < 20


def test_waiting_has_an_end(tmp_path):
    holder = hold(tmp_path, 60)
    try:
        with pytest.raises(LockedError), lock(tmp_path, wait=0.2):
            pass
    finally:
        end(holder)


def test_it_excludes_threads_of_the_same_process_and_is_free_after_an_error(tmp_path):
    refused = []

    def other() -> None:
        try:
            with lock(tmp_path):
                pass
        except LockedError:
            refused.append(True)

    with pytest.raises(ZeroDivisionError), lock(tmp_path):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        _ = 1 / 0
    assert refused == [True]
    with lock(tmp_path):
        pass


def test_it_is_private_and_says_what_is_no_workspace(tmp_path):
    before = os.umask(0)
    try:
        with lock(tmp_path / "new"):
            modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "new").iterdir()}
    finally:
        os.umask(before)
    assert modes == {".lock": 0o600, ".lock.pid": 0o600}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="is a file"), lock(tmp_path / "file"):
        pass
