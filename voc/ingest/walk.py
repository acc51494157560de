"""What an input names: one file, the files of a folder or archive, a mailbox, an object store, standard input."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

from voc.errors import InputError
from voc.ingest.archives import DEPTH_LIMIT, Budget, Member, TempFolder, unpack_gzip, unpack_zip
from voc.ingest.imap import fetch_folder, is_imap, parse_url
from voc.ingest.kinds import ARCHIVES, READERS, magic, reader_for, suffixes
from voc.ingest.mail import FolderMail, MailReader, leads_inside
from voc.ingest.remote import STDIN, fetch, is_url, read_stdin
from voc.ingest.source import Reader

log = logging.getLogger("voc.ingest")

_TOLD: Final = 20  # names in a warning


class Found(NamedTuple):
    """A file and its reader. ``alone``: the user named this very file, so that it must be readable; ``refused`` says
    why it is not (reason, detail)."""

    path: Path
    name: str
    reader: Reader | None
    alone: bool = True
    keep: object = None
    refused: tuple[str, str] | None = None


def find_files(path: str) -> Iterator[Found]:
    """The files that ``path`` names, in the order of their names, unpacked or fetched one at a time.

    In a folder or archive, files that are hidden are left out, and so are those of an unknown kind, with a warning.
    Raises InputError where there is nothing to read, ModelError where a package is missing.
    """
    budget = Budget()
    if path == STDIN:
        copy = read_stdin()
        yield from _file(copy.path, copy.name, "", budget, keep=copy.keep)
        return
    if is_imap(path):
        keep = TempFolder()
        mailbox = keep.file("mailbox.mbox")
        fetch_folder(path, mailbox)
        yield from _file(mailbox, parse_url(path).name, ".mbox", budget, keep=keep)
        return
    if path.startswith("file://"):
        path = url2pathname(urlsplit(path).path)
    elif is_url(path):
        yield from _objects(path, budget)
        return
    file = Path(path)
    if not file.exists():
        raise InputError(f"{path} does not exist", "check the name")
    if file.is_dir():
        yield from _folder(file, budget)
    elif file.is_file():
        yield from _file(file, file.name, file.suffix.lower(), budget)
    else:
        raise InputError(f"{path} is not a regular file", "write its content to a file first, or name it -")


def _file(path: Path, name: str, suffix: str, budget: Budget, *, keep: object = None) -> Iterator[Found]:
    """A file that the user named."""
    kind = magic(path)
    budget.begin(path.stat().st_size)
    if kind == "zip":
        yield from _several(_zip(path, name, budget, 1, keep), name)
        return
    if kind == "gz":
        inner = unpack_gzip(path, name, budget)
        if magic(inner.path) == "zip":
            yield from _several(_zip(inner.path, name, budget, 1, inner.keep), name)
            return
        path, suffix, keep = inner.path, inner.path.suffix.lower(), inner.keep
        kind = magic(path)
    reader = reader_for(path, suffix, kind)
    if reader is None:
        _refuse_empty(path, name)
        raise InputError(f"{name}: unknown kind of file {suffix or '(no ending)'}", f"voc reads {suffixes()}")
    yield Found(path, name, reader, keep=keep)


def _refuse_empty(path: Path, name: str) -> None:
    if not path.stat().st_size:
        raise InputError(f"{name} is empty", "name a file with at least one document")


def _several(found: Iterator[Found], name: str) -> Iterator[Found]:
    """Those of ``found`` that can be read; the others are named. InputError where there are none."""
    unknown: list[str] = []
    some = False
    for one in found:
        if one.reader is None and one.refused is None:
            unknown.append(one.name)
            continue
        some = True
        yield one
    if unknown:
        more = f" and {len(unknown) - _TOLD:,} more" if len(unknown) > _TOLD else ""
        log.warning("%s: left out, of no kind that voc reads: %s%s", name, ", ".join(unknown[:_TOLD]), more)
    if not some:
        raise InputError(f"{name} holds nothing that voc reads", f"voc reads {suffixes()}")


def _folder(folder: Path, budget: Budget) -> Iterator[Found]:
    mailbox = _maildir(folder)
    if mailbox is not None:
        yield mailbox
        return
    yield from _several(_below(folder, budget), folder.name or str(folder))


def _maildir(folder: Path, name: str = "") -> Found | None:
    """The mailbox that a folder is, where it is one."""
    for reader in READERS:
        is_maildir = getattr(reader, "is_maildir", None)
        if is_maildir is not None and is_maildir(folder):
            return Found(folder, name or folder.name, reader)
    return None


def _below(folder: Path, budget: Budget) -> Iterator[Found]:
    root = folder.resolve()
    for place, folders, files in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for inner in [*folders]:
            if not leads_inside(here / inner, root):
                folders.remove(inner)
                log.warning("%s: left out, a link that leads out of the folder", (here / inner).relative_to(folder))
            elif (mailbox := _maildir(here / inner, str((here / inner).relative_to(folder)))) is not None:
                folders.remove(inner)
                yield mailbox._replace(alone=False)
        above = "" if here == folder else f"{here.relative_to(folder).as_posix()}/"
        paths = [here / name for name in sorted(one for one in files if not one.startswith("."))]
        plain = _plain_files(place)
        regular = {path.name for path in paths if path.name in plain or (leads_inside(path, root) and path.is_file())}
        letters = [path for path in paths if path.suffix.lower() == ".eml" and path.name in regular]
        mail = FolderMail(letters) if len(letters) > 1 else None
        for path in paths:
            shown = above + path.name
            if path.name in regular:
                for one in _member(Member(shown, path, None), budget, 1):
                    threaded = mail is not None and one.path is path and isinstance(one.reader, MailReader)
                    yield one._replace(reader=mail) if threaded and path.suffix.lower() == ".eml" else one
            elif leads_inside(path, root):
                log.warning("%s: left out, not a regular file", shown)
            else:
                log.warning("%s: left out, a link that leads out of the folder", shown)


def _plain_files(place: str) -> set[str]:
    """Names of the files in a folder that are no links: its list tells, and none has to be asked."""
    try:
        with os.scandir(place) as entries:
            return {entry.name for entry in entries if entry.is_file(follow_symlinks=False)}
    except OSError:
        return set()  # the folder went away, and each file says so itself


def _zip(path: Path, name: str, budget: Budget, depth: int, keep: object) -> Iterator[Found]:
    for member in unpack_zip(path, name, budget):
        yield from _member(member, budget, depth + 1)
    del keep  # the archive itself, where it was unpacked, is held until here


def _member(member: Member, budget: Budget, depth: int) -> Iterator[Found]:
    """A file in a folder or archive: what is wrong with it is a reject, and the others are read."""
    path, name, keep = member.path, member.name, member.keep
    if member.refused:
        yield Found(path, name, None, alone=False, refused=member.refused)
        return
    try:
        kind = magic(path)
        if depth == 1:
            budget.begin(path.stat().st_size)
        if kind in ("zip", "gz") and depth > DEPTH_LIMIT:
            yield Found(path, name, None, alone=False, refused=("too_deep", "archives in archives in archives"))
            return
        if kind == "zip":
            yield from _zip(path, name, budget, depth, keep)
            return
        if kind == "gz":
            inner = unpack_gzip(path, name, budget)
            yield from _member(inner, budget, depth + 1)
            return
        suffix = path.suffix.lower()
        reader = reader_for(path, suffix, kind)
        if reader is None and (suffix in ARCHIVES or not path.stat().st_size):
            yield Found(path, name, None, alone=False, refused=("empty_file", "there is nothing in it"))
            return
    except InputError as error:
        if budget.used > budget.limit:
            raise
        yield Found(path, name, None, alone=False, refused=("unreadable_file", error.message))
        return
    yield Found(path, name, reader, alone=False, keep=keep)


def _objects(url: str, budget: Budget) -> Iterator[Found]:
    copies = fetch(url)
    first = next(copies)
    second = next(copies, None)
    if second is None:
        yield from _file(first.path, first.name, first.path.suffix.lower(), budget, keep=first.keep)
        return

    def members() -> Iterator[Found]:
        for copy in chain((first, second), copies):
            yield from _member(Member(copy.name, copy.path, copy.keep), budget, 1)

    yield from _several(members(), url)
