"""Private folders and durable files: the workspace holds personal data, and a kill must never leave half a file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from voc.errors import StoreError

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600


def private_folder(path: Path) -> None:
    """Make the folder ``path`` (0700) where it is absent; one that is there keeps its mode, for its owner chose it.

    StoreError where it cannot be made or is a file.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    except FileExistsError as error:
        raise StoreError(
            f"{error.filename or path} is a file, not a folder", "Name another workspace with -w."
        ) from error
    except OSError as error:
        raise StoreError(f"cannot make the folder {path}: {error.strerror}", "Name a writable one with -w.") from error


def private_file(path: Path) -> None:
    """Make the empty file ``path`` (0600) where it is absent, before anything is written into it."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE))


class SecretHints(NamedTuple):
    """What to do about a secret that cannot be made or read, that others can read, or that is empty."""

    refused: str
    exposed: str
    empty: str


def secret(path: Path, hints: SecretHints) -> bytes:
    """The secret kept in ``path`` (0600): 32 random bytes, made at the first call, the same ever after.

    StoreError with one of ``hints`` where it cannot be made or read, where its mode lets others read it, or where it
    is empty.
    """
    try:
        if not path.exists():
            made = path.with_name(f".{path.name}.{os.getpid()}")
            private_file(made)
            made.write_bytes(os.urandom(32))
            with suppress(FileExistsError):
                os.link(made, path)  # the first of two processes wins, and nobody sees half a secret
            made.unlink()
        mode, found = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise StoreError(f"cannot keep a secret in {path}: {error.strerror}", hints.refused) from error
    if os.name != "nt" and mode & 0o077:
        raise StoreError(f"others can read the secret in {path} (mode {mode & 0o777:04o})", hints.exposed)
    if not found:
        raise StoreError(f"the secret in {path} is empty", hints.empty)
    return found


def write_atomic(path: Path, data: bytes, mode: int = PRIVATE_FILE) -> None:
    """Replace ``path`` by ``data`` so that after a kill or a power cut there is the old file or the new one.

    The folder must exist. One writer for each path: the name of the temporary file follows from it, so that the next
    writer cleans up after a killed one.
    """
    temporary = temporary_name(path)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)  # one that a killed writer left may have another mode
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    publish(temporary, path)


def temporary_name(path: Path) -> Path:
    """Where ``path`` is written before it is published: beside it, hidden."""
    return path.with_name(f".{path.name}.tmp")


def publish(temporary: Path, path: Path) -> None:
    """Give a finished, synced file its name. Every file of the workspace appears through here (a commit point)."""
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in ``path`` durable (a no-op where folders cannot be synced: Windows)."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_json_atomic(path: Path, value: Mapping[str, object], mode: int = PRIVATE_FILE) -> None:
    """``value`` as indented JSON in ``path``, keys in the order given; atomic like `write_atomic`."""
    write_atomic(path, (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace"), mode)
