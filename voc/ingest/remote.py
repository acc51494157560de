"""Standard input and object stores: each is copied to a private file, then read like one; a result goes the other way.

Object stores are reached by fsspec: s3:// needs s3fs, gs:// needs gcsfs (the extra ``cloud``).
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final, NamedTuple

from voc.errors import InputError, ModelError, UsageError, VocError
from voc.ingest.archives import TempFolder

STDIN: Final = "-"
PROTOCOLS: Final = ("s3", "gs", "gcs", "abfs", "az", "memory")
_PACKAGES: Final = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs"}
_URL: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_CHUNK: Final = 1 << 20
_MANY: Final = 100_000


class Fetched(NamedTuple):
    """A copy: ``name`` as it is shown, ``keep`` holds the file."""

    name: str
    path: Any
    keep: TempFolder


def is_url(path: str) -> bool:
    """Whether ``path`` names something by a scheme (``s3://...``)."""
    return _URL.match(path) is not None


def read_stdin() -> Fetched:
    """Standard input, to its end."""
    keep = TempFolder()
    target = keep.file("stdin")
    with target.open("xb") as out:
        shutil.copyfileobj(sys.stdin.buffer, out, _CHUNK)
    return Fetched("stdin", target, keep)


def fetch(url: str) -> Iterator[Fetched]:
    """The object ``url``, or all objects below it (or that its ``*`` matches) in the order of their names, one at a
    time; hidden ones are left out.

    Raises InputError where there is none or it cannot be read, ModelError where the package for its store is missing.
    """
    protocol = _protocol(url)
    if protocol is None or "::" in url:
        raise InputError(
            f"{_shown(url)} is at a place that voc does not read from",
            f"voc reads files, folders, -, imaps:// and {', '.join(f'{p}://' for p in PROTOCOLS)}",
        )
    system, root, found = _find(url, protocol)
    if not found:
        raise InputError(f"{_shown(url)} does not exist", "check the name")
    for path in found:
        below = path.removeprefix(root).strip("/") if path != root else PurePosixPath(path).name
        keep = TempFolder()
        target = keep.file(below)
        try:
            with system.open(path, "rb") as source, target.open("xb") as out:
                _copy(source, out)
        except _errors() as error:
            raise InputError(f"{_shown(url)} cannot be read: {error}", "check the name and the credentials") from error
        yield Fetched(below, target, keep)


def check_target(url: str) -> None:
    """Raises UsageError where nothing can be written to ``url``, ModelError where the package for its store is missing:
    before minutes of work, not after."""
    protocol = _protocol(url)
    if protocol is None or "::" in url or any(c in url for c in "*?["):
        raise UsageError(
            f"{_shown(url)} is no place that voc writes to",
            f"voc writes files and objects ({', '.join(f'{p}://' for p in PROTOCOLS)}), one at a time.",
        )
    _system(url, protocol)


def send(file: Path, url: str) -> None:
    """Copies a file to the object ``url``, over an older one; VocError where that fails."""
    system, path = _system(url, _protocol(url) or "")
    try:
        system.put_file(str(file), path)
    except _errors() as error:
        raise VocError(f"{_shown(url)} cannot be written: {error}", "check the name and the credentials") from error


def _protocol(url: str) -> str | None:
    """The scheme of ``url`` in small letters; None where it is none that voc knows."""
    found = _URL.match(url)
    return found[1].lower() if found and found[1].lower() in PROTOCOLS else None


def _system(url: str, protocol: str) -> tuple[Any, str]:
    """The file system of ``url`` and the path in it."""
    try:
        import fsspec

        system, path = fsspec.core.url_to_fs(protocol + url[url.index("://") :])
    except ImportError as error:
        package = _PACKAGES.get(protocol, "fsspec")
        raise ModelError(f"{protocol}:// needs {package}", "pip install 'voc-drivers[cloud]'") from error
    except _errors() as error:
        raise InputError(f"{_shown(url)} cannot be opened: {error}", "check the name and the credentials") from error
    return system, path


def _find(url: str, protocol: str) -> tuple[Any, str, list[str]]:
    """File system, root that shown names leave out, and the objects."""
    system, path = _system(url, protocol)
    try:
        if any(c in path for c in "*?["):
            found = [one for one in system.glob(path) if not system.isdir(one)]
            root = path[: min(path.index(c) for c in "*?[" if c in path)].rpartition("/")[0]
        elif system.isfile(path):
            return system, path, [path]
        else:
            root, found = path.rstrip("/"), system.find(path)
    except _errors() as error:
        raise InputError(f"{_shown(url)} cannot be listed: {error}", "check the name and the credentials") from error
    if len(found) > _MANY:
        raise InputError(f"{_shown(url)} holds more than {_MANY:,} objects", "name a folder below it")
    kept = [p for p in found if not any(part.startswith(".") for part in p.removeprefix(root).split("/"))]
    return system, root, sorted(kept)


def _copy(source: IO[bytes], out: IO[bytes]) -> None:
    shutil.copyfileobj(source, out, _CHUNK)


def _errors() -> tuple[type[Exception], ...]:
    """What file systems raise: the errors of their client libraries are no OSError."""
    kinds: list[type[Exception]] = [OSError, ValueError, RuntimeError]
    for module, names in (
        ("botocore.exceptions", ("BotoCoreError", "ClientError")),
        ("gcsfs.retry", ("HttpError",)),
        ("google.auth.exceptions", ("GoogleAuthError",)),
        ("aiohttp.client_exceptions", ("ClientError",)),
    ):
        loaded = sys.modules.get(module)
        kinds += [getattr(loaded, name) for name in names if loaded is not None and hasattr(loaded, name)]
    return tuple(kinds)


def _shown(url: str) -> str:
    """The address without a password."""
    return re.sub(r"(?<=://)[^/@]*@", "", url)
