"""Mail: single messages (.eml, .msg), mailboxes (mbox) and Maildir folders; each customer's message a document.

What the company wrote becomes the reply of the message that it answers; what nobody wrote is set aside as a reject.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

from voc.documents import Document, Reject
from voc.errors import InputError
from voc.ingest.mail_aside import set_aside
from voc.ingest.mail_body import own_text, unwrap
from voc.ingest.mail_mime import BLOCK, Mail, MailError, collect, read_mail
from voc.ingest.mail_msg import read_msg
from voc.ingest.mail_threads import Mailbox, Threads, customer_of, is_company, survey
from voc.ingest.record import Builder, IngestOptions, Stats
from voc.ingest.source import Opened, Rows
from voc.ingest.values import excerpt

log = logging.getLogger("voc.ingest")

_HEAD_LIMIT: Final = 1 << 20  # bytes of headers that are read of one message
_FROM_LINE: Final = re.compile(rb"From .{0,500}\d{2}:\d{2}.{0,200}")
_HEADER_LINE: Final = re.compile(rb"[!-9;-~]{1,100}[ \t]*:|>*From ")
_ESCAPED: Final = re.compile(rb"^>(?=>*From )", re.MULTILINE)
_EMPTY_LINE: Final = re.compile(rb"^\r*\n", re.MULTILINE)
_FEW: Final = 1 << 16  # bytes that are read at once where one message is wanted
_KEPT: Final = 500  # characters of a header that go into the metadata


class MailReader:
    """Reads ``.eml``, ``.mbox``, ``.mbx`` and ``.msg``."""

    kind: Final = "mail"
    suffixes: Final = (".eml", ".mbox", ".mbx", ".msg")

    def open(self, path: Path, options: IngestOptions) -> Opened:
        """Look at the first line. ``options.mapping`` is about tables and says nothing here. Raises InputError where a
        mailbox does not begin with a message."""
        suffix = path.suffix.lower()
        if suffix == ".msg":
            return Opened({}, (), lambda stats: _read_msg_file(path, options, stats))
        first = _first_line(path)
        if first.startswith(b"From ") and suffix != ".eml":
            return _opened(Mbox(path), path.name, options)
        if suffix in (".mbox", ".mbx") or not first:
            raise InputError(f"{path.name} holds no mail", "the first line of a mailbox begins with 'From '")
        return _opened(Files((path,)), path.name, options)


class FolderMail:
    """Reads the loose ``.eml`` files of one folder: each is a source of its own, and all are one mailbox when it comes
    to threads and to what the company answered. Their headers are read once, when the first of them is."""

    kind: Final = MailReader.kind
    suffixes: Final = (".eml",)

    def __init__(self, files: Sequence[Path]) -> None:
        self._box = Files(tuple(files))
        self._places = {path: place for place, path in enumerate(files)}
        self._threads: dict[tuple[str, ...], Threads] = {}

    def open(self, path: Path, options: IngestOptions) -> Opened:
        """As ``MailReader.open``. An answer of the company that goes with another file's message gives no row."""
        opened = MailReader().open(path, options)
        return replace(opened, read=lambda stats: self._read(path, options, stats))

    def _read(self, path: Path, options: IngestOptions, stats: Stats) -> Rows:
        domains = options.company_domains
        if domains not in self._threads:
            self._threads[domains] = survey(self._box, domains)
        place = self._places[path]
        if place + 1 in self._threads[domains].attached:
            return
        try:
            data = self._box.at(place)
        except MailError as error:
            yield 1, Reject(1, error.reason, error.detail)
            return
        builder = Builder(path.name, options, stats=stats)
        yield 1, _item(self._box, 1, data, self._threads[domains], builder, place + 1)


class MaildirReader:
    """Reads Maildir folders: a file for each message in ``cur`` and ``new``."""

    kind: Final = "maildir"
    suffixes: Final = ()

    def is_maildir(self, folder: Path) -> bool:
        """Whether ``folder`` is a Maildir."""
        return is_maildir(folder)

    def open(self, path: Path, options: IngestOptions) -> Opened:
        """List the messages; rows count them in the order of their names. Raises InputError where there are none."""
        files = maildir_files(path)
        if not files:
            raise InputError(f"{path.name} holds no mail", "name a Maildir with messages in cur or new")
        return _opened(Files(files), path.name, options)


def is_maildir(folder: Path) -> bool:
    """Whether ``folder`` has the two sub-folders that messages of a Maildir are in."""
    return (folder / "cur").is_dir() and (folder / "new").is_dir()


def leads_inside(file: Path, root: Path) -> bool:
    """Whether ``file`` is no link, or one to a place below the (resolved) folder ``root``."""
    try:
        return not file.is_symlink() or file.resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # a link to itself
        return False


def maildir_files(folder: Path) -> tuple[Path, ...]:
    """Messages of a Maildir by name, which begins with the second in which each arrived. A name without its flags is
    the message's own, so that the order stays when it is read. Links that lead out of the folder are none of them."""
    root = folder.resolve()
    files = []
    for file in (file for name in ("cur", "new") for file in (folder / name).iterdir() if file.name[0] != "."):
        if leads_inside(file, root) and file.is_file():
            files.append(file)
        else:
            log.warning("%s: left out, no file of the folder", file.relative_to(folder))
    return tuple(sorted(files, key=lambda file: (re.split(r"[:!;]2,", file.name)[0], file.name)))


@dataclass(frozen=True, slots=True)
class Files:
    """A mailbox of one file for each message. A message that was moved or deleted since is left out."""

    files: tuple[Path, ...]

    def heads(self) -> Iterator[tuple[int, int, bytes]]:
        """See ``Mailbox``. What cannot be opened says so when it is read itself."""
        for place, path in enumerate(self.files):
            with suppress(InputError), _opening(path) as file:
                yield place + 1, place, _head(_blocks(file, _FEW))

    def messages(self) -> Iterator[tuple[int, bytes | MailError]]:
        """See ``Mailbox``."""
        for place in range(len(self.files)):
            try:
                yield place + 1, self.at(place)
            except MailError as error:
                yield place + 1, error

    def at(self, place: int) -> bytes:
        """See ``Mailbox``."""
        with _opening(self.files[place]) as file:
            return collect(_blocks(file))


@dataclass(frozen=True, slots=True)
class Mbox:
    """A mailbox in one file, of any size: it is read as a stream, twice. Places are offsets in bytes."""

    path: Path

    def heads(self) -> Iterator[tuple[int, int, bytes]]:
        """See ``Mailbox``."""
        with _opening(self.path) as file:
            for row, (place, blocks) in enumerate(_Splitter(file).messages(), start=1):
                yield row, place, _head(blocks)

    def messages(self) -> Iterator[tuple[int, bytes | MailError]]:
        """See ``Mailbox``."""
        with _opening(self.path) as file:
            for row, (_, blocks) in enumerate(_Splitter(file).messages(), start=1):
                try:
                    yield row, collect(blocks)
                except MailError as error:
                    yield row, error

    def at(self, place: int) -> bytes:
        """See ``Mailbox``."""
        with _opening(self.path) as file:
            file.seek(place)
            return collect(_Splitter(file, _FEW).rest())


class _Splitter:
    """Messages of an mbox as it is read. A message ends at a line "From ..." that stands below an empty line, or holds
    a time, and has a header below it; "From " in a text is escaped with ">", which is taken off."""

    def __init__(self, file: BinaryIO, block: int = BLOCK) -> None:
        self.file, self.block = file, block
        self.base = file.tell()  # offset of what is held
        self.held = b""
        self.at = 0  # in what is held
        self.begun = True  # a line begins there
        self.ended = False

    def messages(self) -> Iterator[tuple[int, Iterator[bytes]]]:
        """(offset, blocks of whole lines) of each; what is left of the blocks is skipped."""
        while (line := self._line()) and not line.strip():
            self.at += len(line)
        while line := self._line():
            if line.startswith(b"From "):
                self.at += len(line)
            place, blocks = self.base + self.at, self.rest()
            yield place, blocks
            for _ in blocks:
                pass

    def rest(self) -> Iterator[bytes]:
        """What is left of the message. The next one can be found when all was taken."""
        blank = False  # the line above what is held is empty
        while True:
            end = self._end(blank=blank)
            stop = end if end is not None else len(self.held) if self.ended else self._known()
            block = self.held[self.at : stop]
            self.at = stop
            if block:
                self.begun = block.endswith(b"\n")
                blank = not block[block.rfind(b"\n", 0, -1) + 1 :].strip(b"\r\n")
                yield _ESCAPED.sub(b"", block) if b">From " in block else block
            if end is not None or self.ended:
                return
            self._read()

    def _end(self, *, blank: bool) -> int | None:
        """Where the next message begins; None where that cannot be told from what is held, or it does not."""
        held = self.held
        at = self.at if self.begun else held.find(b"\nFrom ", self.at) + 1 or -1
        while at >= 0:
            below = held.find(b"\n", at) + 1
            if not below or (not self.ended and held.find(b"\n", below) < 0):
                return None
            if held.startswith(b"From ", at) and _HEADER_LINE.match(held, below):
                above = held[max(self.at, held.rfind(b"\n", self.at, at - 1) + 1) : at] if at > self.at else b""
                if (not above.strip(b"\r\n") if above else blank) or _FROM_LINE.match(held, at):
                    return at
            at = held.find(b"\nFrom ", at) + 1 or -1
        return None

    def _known(self) -> int:
        """Where the last two lines of what is held begin: more has to be read to tell what they are."""
        last = self.held.rfind(b"\n", self.at)
        start = self.held.rfind(b"\n", self.at, max(last, self.at)) + 1
        return start or (len(self.held) if len(self.held) - self.at > 4 * BLOCK else self.at)

    def _line(self) -> bytes:
        """The line that comes next, b"" at the end."""
        while (end := self.held.find(b"\n", self.at) + 1) == 0 and not self.ended:
            if len(self.held) - self.at > BLOCK:
                break
            self._read()
        return self.held[self.at : end or len(self.held)]

    def _read(self) -> None:
        more = self.file.read(self.block)
        self.base += self.at
        self.held, self.at, self.ended = self.held[self.at :] + more, 0, not more


def _head(blocks: Iterator[bytes]) -> bytes:
    """What stands above the first empty line, as far as it is read."""
    kept = b""
    for block in blocks:
        kept += block
        if (end := _EMPTY_LINE.search(kept, _before_empty(kept))) is not None:
            kept = kept[: end.start()]
            break
        if len(kept) > _HEAD_LIMIT:
            break
    return kept if len(kept) <= _HEAD_LIMIT else kept[: kept.rfind(b"\n", 0, _HEAD_LIMIT) + 1]


def _before_empty(head: bytes) -> int:
    """A place at or before the first empty line, which is slower to search for."""
    if head.startswith((b"\n", b"\r")):
        return 0
    plain = head.find(b"\n\n")
    other = head.find(b"\n\r", 0, plain + 1 if plain >= 0 else len(head))
    return other if other >= 0 else plain if plain >= 0 else len(head)


def _blocks(file: BinaryIO, size: int = BLOCK) -> Iterator[bytes]:
    """A file of one message in blocks of whole lines."""
    while block := file.read(size):
        yield block if block.endswith(b"\n") else block + file.readline(BLOCK)


def _opening(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(
            f"{path.name} cannot be read: {error.strerror or error}", "check the name and the permissions"
        ) from error


def _first_line(path: Path) -> bytes:
    with _opening(path) as file:
        return next((line for line in iter(partial(file.readline, BLOCK), b"") if line.strip()), b"")


def _opened(box: Mailbox, name: str, options: IngestOptions) -> Opened:
    domains = options.company_domains
    choices = (f"mail from {', '.join(domains)}: replies of the company",) if domains else ()
    return Opened({}, choices, lambda stats: _read_box(box, name, options, stats))


def _read_box(box: Mailbox, name: str, options: IngestOptions, stats: Stats) -> Rows:
    threads = survey(box, options.company_domains)
    builder = Builder(name, options, stats=stats)
    for row, data in box.messages():
        if row in threads.attached:
            continue
        if isinstance(data, MailError):
            yield row, Reject(row, data.reason, data.detail)
        else:
            yield row, _item(box, row, data, threads, builder)


def _item(box: Mailbox, row: int, data: bytes, threads: Threads, builder: Builder, place: int = 0) -> Document | Reject:
    """What becomes of a message; ``place`` is its row in the mailbox where that is another."""
    try:
        mail = read_mail(data, seen=threads.seen.pop(place or row, None))
    except MailError as error:
        return Reject(row, error.reason, error.detail, excerpt(data[:400].decode("ascii", "replace")))
    reply = _reply(box, threads, mail) if mail.id in threads.answers else None
    return _document(builder, row, mail, threads, reply)


def _read_msg_file(path: Path, options: IngestOptions, stats: Stats) -> Rows:
    try:
        mail = read_msg(path)
    except MailError as error:
        yield 1, Reject(1, error.reason, error.detail)
        return
    yield 1, _document(Builder(path.name, options, stats=stats), 1, mail, Threads(), None)


def _reply(box: Mailbox, threads: Threads, mail: Mail) -> Mail | None:
    """What the company answered to ``mail``."""
    try:
        return read_mail(box.at(threads.answers[mail.id or ""].place))
    except (MailError, InputError):  # InputError: it was deleted since
        return None


def _document(builder: Builder, row: int, mail: Mail, threads: Threads, reply: Mail | None) -> Document | Reject:
    domains: Sequence[str] = builder.options.company_domains
    aside = set_aside(mail)
    if aside is not None:
        return Reject(row, *aside, excerpt(f"{mail.sender}: {mail.subject}"))
    if is_company(mail, domains):
        detail = "the company wrote it, and no customer's message that it is the first answer to is in this source"
        return Reject(row, "company_message", detail, excerpt(f"{mail.sender}: {mail.subject}"))
    text = unwrap(own_text(mail.body, mail.sender))
    values = {
        "id": mail.id,
        "text": text,
        "time": mail.date,
        "customer": customer_of(mail, domains),
        "channel": "email",
        "thread": threads.root(mail),
        "reply": unwrap(own_text(reply.body, reply.sender)) if reply else None,
        "reply_time": reply.date if reply else None,
    }
    metadata = {
        "subject": mail.subject[:_KEPT],
        "from name": mail.name[:_KEPT],
        "to": mail.to[:_KEPT],
        "attachments": ", ".join(mail.attachments),
    }
    return builder.build(row, values, metadata, original=mail.body)
