"""Which reader a file is for: by its first bytes where they say, else by its ending, else by a look at its text."""

from __future__ import annotations

import json
import re
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from voc.errors import InputError
from voc.ingest.archives import is_workbook
from voc.ingest.csv_table import CsvReader, find_delimiter
from voc.ingest.encodings import ERRORS, detect
from voc.ingest.excel import ExcelReader
from voc.ingest.json_array import JsonReader
from voc.ingest.jsonl import JsonlReader
from voc.ingest.mail import MaildirReader, MailReader
from voc.ingest.parquet import ParquetReader
from voc.ingest.source import Reader
from voc.ingest.transcripts import SrtReader, TextReader, TranscriptJson, VttReader, transcript_form

_CSV, _JSONL, _JSON, _PARQUET, _EXCEL = CsvReader(), JsonlReader(), JsonReader(), ParquetReader(), ExcelReader()
_TRANSCRIPT_JSON: Final = TranscriptJson()
READERS: Final[tuple[Reader, ...]] = (
    *(_CSV, _JSONL, _JSON, _PARQUET, _EXCEL),
    *(VttReader(), SrtReader(), TextReader()),
    *(MailReader(), MaildirReader()),
)
ARCHIVES: Final = (".zip", ".gz")
_OLE: Final = b"\xd0\xcf\x11\xe0"
_LINES: Final = 50
_LONGEST: Final = 1 << 16
_MAIL: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]*:[^\n]*\n(?:[ \t][^\n]*\n)*){2,}\s*\n")
_MAIL_HEADER: Final = re.compile(r"^(?:from|to|subject|date|received|message-id):", re.IGNORECASE | re.MULTILINE)
_WHOLE: Final = 4_000_000  # bytes of JSON that may be parsed to find out what it is
_CONVERSATION: Final = re.compile(
    rb'"(?:speaker\w*|role|segments|utterances|transcription|chunks|turns|results|words|audio_url|participants?(?:id)?)"'
    rb"\s*:",
    re.IGNORECASE,
)
_CUE: Final = re.compile(r"\d+\s*\n\d{1,2}:\d{2}:\d{2}[,.]\d{1,3}\s*-->")


def suffixes() -> str:
    """All endings that are read, for people."""
    return ", ".join((*(suffix for reader in READERS for suffix in reader.suffixes), *ARCHIVES))


def magic(path: Path) -> str:
    """``zip``, ``gz``, ``workbook``, ``parquet``, ``ole`` or an empty text, by the first bytes."""
    try:
        with path.open("rb", buffering=0) as file:
            head = file.read(4)
    except OSError as error:
        raise InputError(
            f"{path.name} cannot be read: {error.strerror or error}", "check the name and the permissions"
        ) from error
    if head == b"PK\x03\x04":
        return "workbook" if is_workbook(path) else "zip"
    if head[:2] == b"\x1f\x8b":
        return "gz"
    return "parquet" if head == b"PAR1" else "ole" if head == _OLE else ""


def reader_for(path: Path, suffix: str, found: str) -> Reader | None:
    """The reader of a file whose name ends in ``suffix`` (lower case) and whose ``magic`` was ``found``, None where no
    reader is meant."""
    if found == "workbook":
        return _EXCEL
    if found == "parquet":
        return _PARQUET
    if (suffix in _EXCEL.suffixes and found != "ole") or suffix in _PARQUET.suffixes:
        # programs write tables of text, or web pages, under the names of workbooks
        return _by_text(path) or (_EXCEL if suffix in _EXCEL.suffixes else _PARQUET)
    return _by_suffix(path, suffix) or (_by_suffix(path, ".xls") if found == "ole" else _by_text(path))


def _by_suffix(path: Path, suffix: str) -> Reader | None:
    if suffix == ".json" and _may_be_transcript(path) and transcript_form(path) is not None:
        return _TRANSCRIPT_JSON
    if suffix == ".txt" and _is_tabbed(path):
        return _CSV
    return next((reader for reader in READERS if suffix in reader.suffixes), None)


def _may_be_transcript(path: Path) -> bool:
    """Whether to look at the JSON as a whole: a large one only where its head speaks of a conversation."""
    if path.stat().st_size <= _WHOLE:
        return True
    with path.open("rb") as file:
        return _CONVERSATION.search(file.read(1 << 20)) is not None


def _is_tabbed(path: Path) -> bool:
    """Whether a text file is a table, as spreadsheets save it under this name."""
    with path.open("rb", buffering=0) as file:
        if b"\t" not in file.read(4 * _LONGEST):  # in any encoding
            return False
    lines = _first_lines(path)
    widths = [line.count("\t") for line in lines]
    return len(lines) >= 2 and min(widths) > 0 and find_delimiter(lines) == "\t"


def _by_text(path: Path) -> Reader | None:
    """By a look at the first lines; None where they speak for no kind."""
    lines = _first_lines(path)
    suffix = _guess("".join(lines).lstrip("\ufeff \t\r\n"), lines) if lines else ""
    return _by_suffix(path, suffix) if suffix else None


def _first_lines(path: Path) -> list[str]:
    """Lines of the head of a text file, [] where it is no text."""
    try:
        encoding = detect(path)
    except InputError:
        return []
    with path.open("r", encoding=encoding.codec, errors=ERRORS) as file:
        lines = islice(iter(partial(file.readline, _LONGEST), ""), _LINES)
        return [line for line in lines if line.strip("\ufeff \t\r\n")]


def _guess(head: str, lines: list[str]) -> str:
    if head.startswith("WEBVTT"):
        return ".vtt"
    if _CUE.match(head):
        return ".srt"
    if head.startswith("From ") and _MAIL_HEADER.search(head):
        return ".mbox"
    if head.startswith("[") or (head.startswith("{") and not _is_object(lines[0])):
        return ".json"
    if head.startswith("{"):
        return ".jsonl"
    if (match := _MAIL.match(head)) and len(_MAIL_HEADER.findall(match[0])) >= 2:
        return ".eml"
    if head.startswith("<"):
        return ""
    delimiter = find_delimiter(lines)
    widths = {line.count(delimiter) for line in lines[:2]}
    return ".csv" if len(lines) >= 2 and 0 not in widths else ""


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
