"""The files of a report: every form in the folder of its week, and the index of all reports beside these folders."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from voc.errors import StoreError
from voc.pipeline.context import log
from voc.report import Report, parse_report, pdf, render_html, render_markdown, render_xlsx
from voc.report.index import KINDS, REPORT, Entry, render_index
from voc.store import private_folder, write_atomic

JSON: Final = "report.json"
PDF: Final = "report.pdf"
INDEX: Final = "index.html"
_RENDERERS: Final[Mapping[str, Callable[[Report, str], bytes]]] = {
    "report.html": lambda value, language: render_html(value, language).encode("utf-8"),
    "report.md": lambda value, language: render_markdown(value, language).encode("utf-8"),
    "report.xlsx": render_xlsx,
}


def write_files(folder: Path, value: Report, text: str, language: str, *, paper: bool = True) -> dict[str, str]:
    """Writes the files of one report, ``text`` as it is as its report.json, and the index anew; the sha256 of each.

    Without ``paper`` there is no PDF. Where none can be made on this machine the log says why. One that an earlier
    revision left is removed.
    """
    private_folder(folder.parent)
    private_folder(folder)
    contents = {name: render(value, language) for name, render in _RENDERERS.items()}
    why = pdf.unavailable() if paper else None
    if not paper:
        (folder / PDF).unlink(missing_ok=True)
    elif why is None:
        if pdf.chinese_families() == [] and pdf.needs_chinese(value, language):
            log.warning("%s: no font has Chinese characters, boxes stand for them; %s", PDF, pdf.CHINESE_FONT)
        contents[PDF] = pdf.render_pdf(value, language)
    else:
        (folder / PDF).unlink(missing_ok=True)
        log.warning("%s was not written, all other forms were: %s; %s", PDF, why, pdf.PANGO)
    contents[JSON] = text.encode("utf-8")
    digests = {}
    for name, data in contents.items():
        write_atomic(folder / name, data)
        digests[name] = hashlib.sha256(data).hexdigest()
    write_index(folder.parent, language)
    return digests


def are_written(folder: Path, digests: Mapping[str, str], *, paper: bool = True) -> bool:
    """Whether the files in ``folder`` are those that had these digests, the index is there, and no form is missing that
    could be made now and, of the PDF, is wanted (``paper``)."""
    if paper and PDF not in digests and pdf.unavailable() is None:
        return False
    return (folder.parent / INDEX).is_file() and all(
        (folder / name).is_file() and hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
        for name, digest in digests.items()
    )


def write_index(folder: Path, language: str) -> None:
    """Writes index.html of all reports in ``folder``: what lies there is what it lists."""
    entries = []
    for kind in KINDS:
        for path in sorted(folder.glob(f"*/{kind}.json")):
            names = sorted(f.name for f in path.parent.iterdir() if f.is_file())
            entries.append(Entry(path.parent.name, tuple(names), _read(path) if kind == REPORT else None, kind))
    write_atomic(folder / INDEX, render_index(entries, language).encode("utf-8"))


def _read(path: Path) -> Report | None:
    try:
        return parse_report(path.read_text("utf-8"))
    except (StoreError, UnicodeDecodeError):
        return None
