"""A Ray cluster to work on: one that is running, or one of this machine alone that goes when the work is done.

The one of this machine listens on the loopback interface only, lets nobody in without a token that is made for it, has
no dashboard, sends no usage statistics, and keeps sockets, logs and what does not fit into memory in a private folder
that is removed with it.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from types import ModuleType
from typing import Final

from voc.errors import ModelError, VocError

INSTALL: Final = "python -m pip install 'voc-drivers[ray]'"
STORE_BYTES: Final = 256 << 20  # of the object store, at least; Ray's default is 30% of the memory
STORE_BYTES_EACH: Final = 16 << 20  # and for each worker: what waits for it and what it has done
# A socket's path has 107 bytes on Linux, 103 on macOS; "/voc-12345678/r" has 15, what Ray puts below it up to 66.
_ROOM: Final = 22
_KNOCK: Final = 10.0  # seconds that are waited for a host
_PAUSES: Final = (0.1, 0.2, 0.5, 1.0, 2.0)  # seconds
_QUIET: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # what Ray will do one day; without it, it warns
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "RAY_BACKEND_LOG_LEVEL": "fatal",  # its C++ part writes errors, which it mends itself, to stderr
}


def import_ray(address: str) -> ModuleType:
    """Ray, told how to behave before it is imported; ModelError, which names what installs it, where it is missing."""
    os.environ.update(_QUIET)
    if not address and "ray" not in sys.modules:
        # The switch by which Ray on macOS and Windows keeps to the loopback interface; it works on Linux, too.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
        os.environ["RAY_AUTH_MODE"], os.environ["RAY_AUTH_TOKEN"] = "token", secrets.token_hex(32)
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise ModelError(f"--engine ray needs Ray: {error}", INSTALL) from error
    for name in ("ray", "ray.data"):  # their handlers write to stderr; voc's log shows warnings of libraries with -v
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    found: ModuleType = ray
    return found


@contextmanager
def connected(address: str, workers: int) -> Iterator[ModuleType]:
    """Ray, connected to ``address`` (``host:port`` or ``auto``), or where that is empty to a cluster of this machine
    with as many CPUs as ``workers``. A Ray that this process is connected to already is used, and left as it is.

    VocError where there is no cluster at the address, or none can be started. Where the one of this machine is not
    ready in half a minute Ray raises a bare Exception, which goes through; nothing of it is left then, too.
    """
    ray = import_ray(address)
    if ray.is_initialized():
        yield ray
        return
    with nullcontext() if address else _private_folder() as folder:
        try:
            _start(ray, address, workers, folder)
            yield ray
        finally:
            ray.shutdown()


def _start(ray: ModuleType, address: str, workers: int, folder: str | None) -> None:
    where: dict[str, object] = {"address": address}
    if folder is not None:
        where = {
            "address": "local",
            "num_cpus": workers,
            "object_store_memory": max(STORE_BYTES, STORE_BYTES_EACH * workers),
            "include_dashboard": False,
            "_temp_dir": folder,
        }
    quiet = {"log_to_driver": False, "configure_logging": False, "logging_level": logging.ERROR}
    in_main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM) if in_main else None
    try:
        _knock(address)
        with _no_stderr():  # where it tells that it took the level of its log from the environment
            ray.init(namespace="voc", **where, **quiet)
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:  # a lost connection is an OSError
        said = (str(error) or type(error).__name__).splitlines()[0]
        if address:
            hint = "It is host:port of the head node, or auto on a node of the cluster; see docs/cluster.md."
            raise VocError(f"no Ray cluster answers at {address}: {said}", hint) from error
        raise VocError(
            f"Ray did not start: {said}", "Is the machine busy? Run again, or use --engine local."
        ) from error
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)  # Ray puts a handler of its own there


def _knock(address: str) -> None:
    """OSError where nobody listens at ``host:port``: Ray itself would try for minutes."""
    host, colon, port = address.rpartition(":")
    if colon:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_KNOCK).close()


@contextmanager
def _no_stderr() -> Iterator[None]:
    """Nothing that C++ writes to the descriptor 2 is shown; errors come as exceptions."""
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


@contextmanager
def _private_folder() -> Iterator[str]:
    """A folder for Ray in one that nobody else can enter: Ray opens its own to all. It goes at the end, with what
    processes that are just dying still write."""
    base = gettempdir()
    if len(os.fsencode(base)) > _ROOM:
        base = "/tmp"  # noqa: S108  # what is made in it is private
    outer = mkdtemp(prefix="voc-", dir=base)
    try:
        yield f"{outer}/r"
    finally:
        for pause in _PAUSES:
            shutil.rmtree(outer, ignore_errors=True)
            if not Path(outer).exists():
                break
            time.sleep(pause)
