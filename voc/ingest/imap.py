"""A folder on an IMAP server to a local mailbox: nothing on the server is changed, no message marked as read."""

from __future__ import annotations

import base64
import hashlib
import imaplib
import ipaddress
import os
import re
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from voc.errors import InputError, UsageError

PASSWORD: Final = "VOC_IMAP_PASSWORD"  # noqa: S105 - the name of the variable
SCHEMES: Final = ("imap", "imaps")
_TIMEOUT: Final = 60.0  # seconds without an answer
_MESSAGE: Final = 16 << 20  # bytes of a message that are fetched; what lies behind is attachments
_BATCH: Final = 50
_UIDS: Final = re.compile(rb"\d{1,10}")
_FROM: Final = re.compile(rb"^(>*From )", re.MULTILINE)
_EXPECTED: Final = "imaps://user@host/folder, for example imaps://ann%40example.com@mail.example.com/INBOX"


class Address(NamedTuple):
    """A folder on a server. ``secure``: TLS from the first byte."""

    host: str
    port: int
    user: str
    folder: str
    secure: bool

    @property
    def name(self) -> str:
        """What the source is called: without the user, whose address is personal data."""
        return f"{self.host}/{self.folder}"


class Fetched(NamedTuple):
    """What was fetched: ``messages`` in all, and ``identity`` (hex), which stays the same while the folder does."""

    messages: int
    identity: str


def is_imap(url: str) -> bool:
    """Whether ``url`` names a folder on an IMAP server."""
    return url.lower().startswith(tuple(f"{scheme}://" for scheme in SCHEMES))


def parse_url(url: str) -> Address:
    """Take ``imap(s)://user@host[:port]/folder`` apart; the folder is INBOX where none is named. Raises UsageError,
    also where the URL holds a password, which would stay in the history of the shell."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"the address of the mailbox cannot be read: {error}", _EXPECTED) from None
    if parts.password is not None:
        raise UsageError("the address of a mailbox holds no password", f"put it into the environment as {PASSWORD}")
    if parts.scheme not in SCHEMES or not parts.hostname or not parts.username:
        raise UsageError("the address of the mailbox lacks a user or a host", _EXPECTED)
    secure = parts.scheme == "imaps"
    user, folder = unquote(parts.username), unquote(parts.path.strip("/")) or "INBOX"
    if any(ord(char) < 32 for char in user + folder):
        raise UsageError("the address of the mailbox holds control characters", _EXPECTED)
    return Address(parts.hostname, port or (993 if secure else 143), user, folder, secure)


def fetch_folder(url: str, target: Path, environment: Mapping[str, str] = os.environ) -> Fetched:
    """Write all messages of the folder ``url`` into ``target`` as an mbox, in the order in which they arrived.

    The folder is opened with EXAMINE and messages are fetched with BODY.PEEK. The password is read from
    VOC_IMAP_PASSWORD. Raises UsageError (address, no password) and InputError (server, login, folder, connection).
    """
    address = parse_url(url)
    password = environment.get(PASSWORD)
    if not password:
        raise UsageError(f"there is no password for {address.host}", f"put it into the environment as {PASSWORD}")
    try:
        with _connect(address) as server:
            _login(server, address, password)
            return _copy(server, address, target)
    except (imaplib.IMAP4.error, OSError, EOFError) as error:
        raise InputError(
            f"{address.name} cannot be read: {_plain(error)}", "check the address, the password and the network"
        ) from None


def _connect(address: Address) -> imaplib.IMAP4:
    if address.secure:
        context = ssl.create_default_context()
        return imaplib.IMAP4_SSL(address.host, address.port, ssl_context=context, timeout=_TIMEOUT)
    server = imaplib.IMAP4(address.host, address.port, timeout=_TIMEOUT)
    if "STARTTLS" in server.capabilities:
        server.starttls(ssl.create_default_context())
    elif not _is_local(address.host):
        server.shutdown()
        raise InputError(f"{address.host} takes the password only in the clear", "name it with imaps://")
    return server


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _login(server: imaplib.IMAP4, address: Address, password: str) -> None:
    try:
        if password.isascii() and address.user.isascii():
            server.login(address.user, password)
        else:
            token = f"\0{address.user}\0{password}".encode()
            server.authenticate("PLAIN", lambda _: token)
    except imaplib.IMAP4.error:  # its text may repeat what was sent
        raise InputError(f"{address.host} refuses the login", f"check the user and {PASSWORD}") from None


def _copy(server: imaplib.IMAP4, address: Address, target: Path) -> Fetched:
    quoted = encode_folder(address.folder).replace("\\", "\\\\").replace('"', '\\"')
    status, _ = server.select(f'"{quoted}"', readonly=True)
    if status != "OK":
        raise InputError(f"{address.host} has no folder {address.folder!r}", "check the name of the folder")
    validity = server.untagged_responses.get("UIDVALIDITY") or server.response("UIDVALIDITY")[1] or [b""]
    status, found = server.uid("SEARCH", "ALL")
    if status != "OK":
        raise InputError(f"{address.name} cannot be searched", "check the rights on the folder")
    uids = sorted(int(uid) for uid in _UIDS.findall(b" ".join(part for part in found if isinstance(part, bytes))))
    count = 0
    with target.open("wb") as file:
        for first in range(0, len(uids), _BATCH):
            for message in _messages(server, uids[first : first + _BATCH]):
                file.write(b"From voc Thu Jan  1 00:00:00 1970\n")
                file.write(_FROM.sub(rb">\1", message.replace(b"\r\n", b"\n")))
                file.write(b"\n\n")
                count += 1
    known = " ".join([address.name, repr(validity[0]), *map(str, uids)])
    return Fetched(count, hashlib.sha256(known.encode()).hexdigest())


def _messages(server: imaplib.IMAP4, uids: list[int]) -> Iterator[bytes]:
    """The messages ``uids`` in their order; one that was deleted meanwhile is left out."""
    status, answer = server.uid("FETCH", ",".join(map(str, uids)), f"(UID BODY.PEEK[]<0.{_MESSAGE}>)")
    if status != "OK":
        raise InputError("the server does not give its messages", "try again")
    by_uid: dict[int, bytes] = {}
    for part, after in zip(answer, [*answer[1:], b""], strict=True):
        if not isinstance(part, tuple):
            continue
        said = part[0] + b" " + (after if isinstance(after, bytes) else b"")
        if found := re.search(rb"\bUID (\d{1,10})", said):
            by_uid[int(found[1])] = part[1]
    yield from (by_uid[uid] for uid in uids if uid in by_uid)


def encode_folder(name: str) -> str:
    """The name of a folder in the modified UTF-7 of IMAP (RFC 3501, 5.1.3)."""
    pieces: list[str] = []
    for part in re.split(r"([^\x20-\x7e]+)", name):
        if part and not part.isascii():
            packed = base64.b64encode(part.encode("utf-16-be", "surrogatepass")).rstrip(b"=").decode("ascii")
            pieces.append(f"&{packed.replace('/', ',')}-")
        else:
            pieces.append(part.replace("&", "&-"))
    return "".join(pieces)


def _plain(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split())[:200] or type(error).__name__
