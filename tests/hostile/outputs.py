"""What an output file must not hold, by its kind; ``check`` returns what it holds all the same.

Every file that a run writes is looked at, whatever part of the program wrote it: a new kind of file needs a line in
``_CHECKS``.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
import tomllib
import zipfile
import zlib
from collections.abc import Callable, Iterable
from importlib import resources
from pathlib import Path
from typing import Final

# Escapes, cursor movements and reversed text; tabs and line ends are looked at where they matter.
UNSAFE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]")
_FORMULA: Final = re.compile("[=+\\-@\t\r\n＝＋－＠]")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?", re.IGNORECASE)
_ACTIVE_PDF: Final = re.compile(rb"/(?:URI|JavaScript|JS|Launch|EmbeddedFile|SubmitForm|GoToR|RichMedia|AA)\b")
_CALLS: Final = re.compile(r"on\w+|style|src|srcset|srcdoc|action|formaction|background|xlink:href|ping|poster|data")
_LINK: Final = re.compile(r"#[\w-]*|\w[\w./-]*")  # within the page, or to a file beside it


def check(path: Path) -> list[str]:
    """Faults of the file, each told in a line."""
    return [f"{path.name}: {fault}" for fault in _CHECKS.get(path.suffix.lower(), _text)(path.read_bytes())]


def _html(data: bytes) -> list[str]:
    text = data.decode("utf-8")
    found = [f"character {c!r}" for c in sorted(set(UNSAFE.findall(text)))]
    names, targets, _ = inventory(text)
    found += [f"<{name}>" for name in names if _CALLS.fullmatch(name.partition(" ")[2])]
    found += [f"a link to {target[:80]!r}" for target in targets if not _LINK.fullmatch(target)]
    policies = re.findall(r'<meta http-equiv="([^"]*)" content="([^"]*)"', text)
    if [name.lower() for name, _ in policies] != ["content-security-policy"] or "default-src 'none'" not in policies[0][
        1
    ]:
        found.append(f"no strict policy: {policies}")
    return found


def inventory(page: str) -> tuple[set[str], set[str], set[str]]:
    """Of a page: the names of its elements (``p``) and attributes (``p class``), where its links lead, its scripts."""
    from selectolax.lexbor import LexborHTMLParser

    names: set[str] = set()
    targets: set[str] = set()
    scripts: set[str] = set()
    for node in LexborHTMLParser(page).css("*"):
        tag, attributes = str(node.tag), {str(k): v or "" for k, v in node.attributes.items()}
        names |= {tag, *(f"{tag} {name}" for name in attributes)}
        targets |= {attributes[name] for name in ("href", "xlink:href") if name in attributes}
        if tag in ("script", "style"):
            scripts.add(node.text())
    return names, targets, scripts


def known_names(pages: Iterable[str]) -> set[str]:
    """Names that a page may hold: those of ``pages``, which are harmless, and those that stand in the templates."""
    templates = sorted(resources.files("voc.report").joinpath("templates").iterdir(), key=lambda one: one.name)
    texts = [one.read_text("utf-8") for one in templates if one.name.endswith(".j2")]
    return set().union(
        *(inventory(re.sub(r"\{[{%#].*?[}%#]\}", "", text, flags=re.DOTALL))[0] for text in (*texts, *pages))
    )


def _markdown(data: bytes) -> list[str]:
    from markdown_it import MarkdownIt

    text = data.decode("utf-8")
    found = [f"character {c!r}" for c in sorted(set(UNSAFE.findall(text)))]
    for block in MarkdownIt("gfm-like", {"html": True, "linkify": True}).parse(text):
        for token in (block, *(block.children or ())):
            if token.type in ("html_block", "html_inline", "link_open", "image", "fence", "code_block", "code_inline"):
                found.append(f"{token.type}: {token.content[:80]!r} {token.attrs}")
    return found


def _xlsx(data: bytes) -> list[str]:
    found: list[str] = []
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        for name in book.namelist():
            content = book.read(name).decode("utf-8", "replace")
            if re.search(r"externalLink|vbaProject|embeddings|activeX|connections|queryTable|media/", name):
                found.append(f"part {name}")
            if "TargetMode" in content and name.endswith(".rels"):
                found.append(f"a target outside in {name}")
            if name.startswith("xl/worksheets/sheet"):
                found += [
                    f"{what} in {name}"
                    for what in ("<f>", "<f ", "<hyperlink", "<legacy", "<oleObject")
                    if what in content
                ]
                found += [
                    f"a cell of type {kind!r}"
                    for kind in set(re.findall(r'<c [^>]*\bt="(\w+)"', content)) - {"s", "b", "inlineStr"}
                ]
    return found


def _csv(data: bytes) -> list[str]:
    text = data.decode("utf-8-sig")
    found = []
    for row in csv.reader(io.StringIO(text, newline=""), strict=True):
        found += [f"a formula: {cell[:80]!r}" for cell in row if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell)]
    return found


def _json(data: bytes) -> list[str]:
    try:
        json.loads(data, parse_constant=_refuse)
    except ValueError as error:
        return [f"no JSON: {error}"]
    return []


def _jsonl(data: bytes) -> list[str]:
    return [fault for line in data.split(b"\n") if line for fault in _json(line)]


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _pdf(data: bytes) -> list[str]:
    """Streams are inflated first: links and actions hide in them."""
    parts = [data]
    for stream in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL):
        try:
            parts.append(zlib.decompressobj().decompress(stream[1]))
        except zlib.error:
            continue
    return sorted({f"{hit.decode()} in the PDF" for part in parts for hit in _ACTIVE_PDF.findall(part)})


def _toml(data: bytes) -> list[str]:
    tomllib.loads(data.decode("utf-8"))
    return []


def _text(data: bytes) -> list[str]:
    """Of any other text: no escape and no reversed line."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return []
    return [f"character {c!r}" for c in sorted(set(UNSAFE.findall(text)))]


def _nothing(data: bytes) -> list[str]:
    """Files that only voc and libraries read."""
    return []


_CHECKS: Final[dict[str, Callable[[bytes], list[str]]]] = {
    ".html": _html,
    ".md": _markdown,
    ".xlsx": _xlsx,
    ".csv": _csv,
    ".json": _json,
    ".jsonl": _jsonl,
    ".pdf": _pdf,
    ".toml": _toml,
    ".parquet": _nothing,
    ".sqlite3": _nothing,
    ".key": _nothing,
}


def shown_words(page: str) -> str:
    """The text of a page of HTML, for a look at whether payloads reached it."""
    return html.unescape(re.sub(r"<[^>]*>", " ", page))
