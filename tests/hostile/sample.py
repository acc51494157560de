"""A company's feedback in which every field that data can reach holds a payload, and a harmless twin of it."""

from __future__ import annotations

import base64
import io
import itertools
import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from tests.hostile.payloads import ALL, FILE_NAMES, FORMULAS, HANDLERS, MARKDOWN, TERMINAL

WEEK: Final = "2026-W45"
AS_OF: Final = "2026-11-08"
CHANNELS: Final = ("review", "email", "chat", "survey")
# Complaints that make a report of it; the first states leaving, so that a payload stands in the list of call-backs.
WORDS: Final = (
    "Nobody answered my mails, I am leaving for good and will never come back.",
    "The man at the desk shouted at me and was rude to my mother.",
    "You charged me twice and it is still not fixed.",
    "客服完全不了解行李規定，每個人說的都不一樣。",
)


class Field:
    """Gives each field the next payload; the twin gets plain words."""

    def __init__(self, hostile: bool) -> None:
        self.hostile = hostile
        self._next = itertools.cycle(ALL)
        self._texts = itertools.cycle(ALL)
        self._count = 0

    def __call__(self, avoid: str = "") -> str:
        """A payload that holds none of the characters of ``avoid``, which the form of the file has no place for."""
        self._count += 1
        payload = next(p for p in self._next if not set(avoid) & set(p))
        return payload if self.hostile else f"plain words {self._count}"

    def text(self) -> str:
        """Three payloads as words of a customer; all of them come in turn."""
        three = " ".join(itertools.islice(self._texts, 3))
        return three if self.hostile else "and three plain words"

    def names(self) -> Iterator[str]:
        """Stems of file names."""
        return iter(FILE_NAMES) if self.hostile else (f"feed {n}" for n in range(len(FILE_NAMES)))


def write(folder: Path, *, hostile: bool) -> Path:
    """Makes ``folder``/feed (the files) and ``folder``/w (a workspace with its settings); returns the feed."""
    field, feed, workspace = Field(hostile), folder / "feed", folder / "w"
    feed.mkdir(parents=True)
    workspace.mkdir()
    names = field.names()
    (feed / f"{next(names)}.jsonl").write_text(_jsonl(field), "utf-8")
    (feed / f"{next(names)}.csv").write_text(_csv(field), "utf-8", newline="")
    (feed / f"{next(names)}.xlsx").write_bytes(_xlsx(field))
    (feed / f"{next(names)}.eml").write_bytes(_mail(field))
    (feed / f"{next(names)}.vtt").write_text(_vtt(field), "utf-8")
    (feed / f"{next(names)}.txt").write_text(f"{field()}: my ferry was late\nAgent: {field()}\n", "utf-8", "replace")
    (feed / "archive.zip").write_bytes(_zip(field, [*names]))
    (workspace / "voc.toml").write_text(_settings(field), "utf-8")
    return feed


def _row(field: Field, number: int) -> dict[str, Any]:
    words = WORDS[number % len(WORDS)]
    return {
        "id": f"{field()} {number}",
        "time": f"2026-11-{2 + number % 7:02d}",
        "text": f"{words} {field.text()}" if number % 2 else f"{field.text()} {words}",
        "customer": field() if number % 3 else f"C{number}",
        "channel": field() if number % 5 == 0 else CHANNELS[number % 4],
        "product": field(),
        "region": field(),
        "segment": field(),
        "thread": field(),
        "reply": field(),
        "value": number * 10,
    }


def _jsonl(field: Field) -> str:
    rows = []
    for number in range(52):
        row = _row(field, number)
        rows.append(json.dumps(row | {field(): field(), "metadata": {field(): [field()]}}))
    rejected = [json.dumps({"id": field(), "text": {field(): field()}}) for _ in range(4)]
    broken = [f"{{{field()}".replace("\n", " ").encode("utf-8", "replace").decode() for _ in range(6)]
    return "\n".join([*rows, *rejected, *broken]) + "\n"


def _csv(field: Field) -> str:
    import csv

    out = io.StringIO(newline="")
    writer = csv.writer(out)
    avoid = "\r\n\x00"
    names = ["id", "date", "comment", "customer_id", *(field(avoid)[:200] for _ in range(8))]
    writer.writerow([_held(name) for name in names])
    for number in range(8):
        cells = [f"r{number}", f"2026-11-0{2 + number % 7}", f"{field(avoid)} {' '.join(WORDS)}", field(avoid)]
        writer.writerow([_held(cell)[:900] for cell in (*cells, *(field(avoid)[:40] for _ in names[4:]))])
    return out.getvalue()


def _held(text: str) -> str:
    """What UTF-8 can hold of it."""
    return text.encode("utf-8", "replace").decode()


def _xlsx(field: Field) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    settings = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(out, settings) as book:
        for _ in range(2):
            name = "".join(c for c in _held(field("\n\r\x00\x1b\x9b\uffff")) if c not in "[]:*?/\\").strip("'")
            sheet = book.add_worksheet(f"{name[:24]} {_}")
            sheet.write_row(0, 0, ["id", "date", "comment", _xml(field())])
            for number in range(1, 5):
                words = f"{_xml(field())} {WORDS[number % 4]}"
                sheet.write_row(number, 0, [f"{_}-{number}", f"2026-11-0{number + 1}", words])
                sheet.write_string(number, 3, _xml(field()))
    return out.getvalue()


def _xml(text: str) -> str:
    return "".join(c if c.isprintable() else "\u202e" for c in _held(text))[:3000]


def _mail(field: Field) -> bytes:
    def word(text: str) -> str:
        return f"=?utf-8?b?{base64.b64encode(_held(text)[:300].encode()).decode()}?="

    return "\r\n".join(
        [
            f"From: {word(field())} <c@customer.example>",
            f"To: {word(field())} <help@company.example>",
            f"Subject: {word(field())}",
            "Date: Tue, 3 Nov 2026 10:00:00 +0000",
            f"Message-ID: <{word(field())}@x>",
            "MIME-Version: 1.0",
            'Content-Type: multipart/mixed; boundary="b"',
            "",
            "--b",
            "Content-Type: text/plain; charset=utf-8",
            "",
            f"{WORDS[0]} {_held(field())}",
            "--b",
            f'Content-Type: application/pdf; name="{word(field())}"',
            f'Content-Disposition: attachment; filename="{word(field())}"',
            "",
            "x",
            "--b--",
            "",
        ]
    ).encode("utf-8", "replace")


def _vtt(field: Field) -> str:
    cues = []
    for number in range(4):
        name = (
            _held(field("\n\r\x00\x0b\x0c\x85\u2028\u2029"))
            .replace("&", "&amp;")
            .replace(">", "&gt;")
            .replace("<", "&lt;")
        )
        cues.append(f"00:0{number}.000 --> 00:0{number}.900\n<v {name}>{WORDS[number]} {_held(field(chr(10)))}\n")
    return "WEBVTT\n\n" + "\n".join(cues)


def _zip(field: Field, names: Sequence[str]) -> bytes:
    out = io.BytesIO()
    rows = (f'{{"id": "z{n}", "date": "2026-11-04", "text": "{WORDS[n % 4]} {n}"}}\n' for n in itertools.count())
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(f"{_held(name)}.jsonl", next(rows))
        if field.hostile:
            for name in (
                "../../out.jsonl",
                "/etc/out.jsonl",
                "C:\\out.jsonl",
                "a/../../out.jsonl",
                "NUL",
                "x/./y.jsonl",
            ):
                archive.writestr(name, next(rows))
            link = zipfile.ZipInfo("link.jsonl")
            link.external_attr = 0o120777 << 16
            archive.writestr(link, "/etc/passwd")
    return out.getvalue()


def _settings(field: Field) -> str:
    def text(payload: str) -> str:
        return json.dumps(payload if field.hostile else "plain words", ensure_ascii=False)  # as a basic string of TOML

    company, owner, route = (
        f"{HANDLERS[0]} {TERMINAL[0]} {TERMINAL[13]}",
        FORMULAS[12],
        f"driver=neglect: {MARKDOWN[0]}",
    )
    route = route if field.hostile else "driver=neglect: a team"
    return (
        f"[general]\ncompany = {text(company)}\nthreads = 1\n[report]\nquotes = 20\n"
        f"[loop]\nowner = {text(owner)}\nroutes = [{json.dumps(route)}]\n"
    )
