"""Mail made for the tests: messages, a compound file as Outlook writes it, an IMAP server on loopback."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
from email.message import EmailMessage

FREE, END, FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def message(text: str, *, charset: str = "utf-8", html: str | None = None, **headers: str) -> bytes:
    """A mail; ``from_="..."`` becomes From, ``in_reply_to`` In-Reply-To."""
    made = EmailMessage()
    made["From"] = headers.pop("from_", "Ann Lee <ann@lee.example>")
    for name, value in headers.items():
        made[name.replace("_", "-").title()] = value
    made.set_content(text, charset=charset)
    if html is not None:
        made.add_alternative(html, subtype="html")
    return bytes(made)


def mbox(*messages: bytes) -> bytes:
    escaped = (re.sub(rb"^(>*From )", rb">\1", one, flags=re.MULTILINE) for one in messages)
    return b"".join(b"From someone Tue Mar  4 10:00:00 2025\n" + one + b"\n" for one in escaped)


def msg_file(**texts: str) -> bytes:
    """A compound file with the string properties of a message: subject, body, sender_name, sender, headers."""
    tags = {"subject": "0037", "body": "1000", "sender_name": "0C1A", "sender": "0C1F", "headers": "007D"}
    streams = {"__properties_version1.0": bytes(32)}
    for name, text in texts.items():
        streams[f"__substg1.0_{tags[name]}001F"] = text.encode("utf-16-le")
        streams["__properties_version1.0"] += struct.pack(
            "<IIII", (int(tags[name], 16) << 16) | 0x1F, 6, len(text.encode("utf-16-le")) + 2, 0
        )
    return _compound(streams)


def _compound(streams: dict[str, bytes]) -> bytes:
    """Short streams under the root: they stand in one stream of 64-byte sectors, which has a table of its own."""
    names = sorted(streams, key=lambda name: (len(name), name.upper()))
    blocks = -(-(len(names) + 1) // 4)
    entries: list[bytes] = []
    table: list[int] = []
    content = b""
    for index, name in enumerate(names, start=1):
        count = -(-len(streams[name]) // 64)
        right = index + 1 if index < len(names) else FREE
        entries.append(_entry(name, 2, len(table), len(streams[name]), right=right))
        table += [*range(len(table) + 1, len(table) + count), END]
        content += streams[name].ljust(count * 64, b"\0")
    sectors = -(-len(content) // 512)
    first = blocks + 2
    fat = [FAT_SECTOR, *range(2, blocks + 1), END, END, *range(first + 1, first + sectors), END]
    assert max(len(fat), len(table)) <= 128, "one sector of a table holds 128 entries"
    entries.insert(0, _entry("Root Entry", 5, first, len(content), child=1))
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", bytes(16), 0x3E, 3, 0xFFFE, 9, 6, bytes(6),
        0, 1, 1, 0, 4096, blocks + 1, 1, END, 0,
    )  # fmt: skip
    header += struct.pack("<109I", 0, *[FREE] * 108)
    tables = [struct.pack("<128I", *one, *[FREE] * (128 - len(one))) for one in (fat, table)]
    directory = b"".join(entries).ljust(blocks * 512, b"\0")
    return header + tables[0] + directory + tables[1] + content.ljust(sectors * 512, b"\0")


def _entry(name: str, kind: int, start: int, size: int, *, child: int = FREE, right: int = FREE) -> bytes:
    written = (name + "\0").encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16sIQQIQ", written, len(written), kind, 1, FREE, right, child, bytes(16), 0, 0, 0, start, size
    )


class ImapServer:
    """A few commands of IMAP4rev1 for one connection; ``said`` holds the commands as they came."""

    def __init__(self, messages: dict[int, bytes], *, password: str = "secret", folder: str = "INBOX") -> None:
        self.messages, self.password, self.folder = messages, password, folder
        self.said: list[str] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def close(self) -> None:
        with contextlib.suppress(OSError):  # nobody may have connected
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(5)

    def _serve(self) -> None:
        try:
            connection, _ = self.socket.accept()
        except OSError:
            return
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"* OK ready\r\n")
            for line in lines:
                tag, _, command = line.decode().strip().partition(" ")
                self.said.append(command)
                connection.sendall(b"".join(self._answer(tag, command)))
                if command.startswith("LOGOUT"):
                    return

    def _answer(self, tag: str, command: str) -> list[bytes]:
        verb = command.split(" ", maxsplit=1)[0].upper()
        ok = f"{tag} OK done\r\n".encode()
        if verb == "CAPABILITY":
            return [b"* CAPABILITY IMAP4rev1\r\n", ok]
        if verb == "LOGIN" and f'"{self.password}"' not in command:
            return [f"{tag} NO wrong\r\n".encode()]
        if verb == "EXAMINE":
            if f'"{self.folder}"' not in command:
                return [f"{tag} NO no such folder\r\n".encode()]
            return [f"* {len(self.messages)} EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n".encode(), ok]
        if verb == "LOGOUT":
            return [b"* BYE\r\n", ok]
        if command.upper().startswith("UID SEARCH"):
            return [f"* SEARCH {' '.join(map(str, reversed(self.messages)))}\r\n".encode(), ok]
        if command.upper().startswith("UID FETCH"):
            wanted = [int(uid) for uid in command.split(" ")[2].split(",")]
            parts = []
            for number, uid in enumerate(wanted, start=1):
                data = self.messages[uid]
                parts += [f"* {number} FETCH (UID {uid} BODY[]<0> {{{len(data)}}}\r\n".encode(), data, b")\r\n"]
            return [*parts, ok]
        return [ok]
