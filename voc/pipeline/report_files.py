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
    contents = {name: render(value, language) for name, render in _RENDERERS.items()}
    contents |= {JSON: text.encode("utf-8")}
    return write_forms(folder, contents, PDF, lambda: pdf.render_pdf(value, language), language, paper=paper)


def write_forms(
    folder: Path, contents: Mapping[str, bytes], name: str, on_paper: Callable[[], bytes], language: str, *, paper: bool
) -> dict[str, str]:
    """Writes ``contents`` (bytes by the name of a file) and, with ``paper``, the PDF ``name`` into ``folder``, and the
    index beside it anew; the sha256 of each file."""
    private_folder(folder.parent)
    private_folder(folder)
    forms = dict(contents)
    why = pdf.unavailable() if paper else None
    if paper and why is None:
        html = next(data for form, data in contents.items() if form.endswith(".html")).decode("utf-8")
        if pdf.chinese_families() == [] and pdf.needs_chinese(html):
            log.warning("%s: no font has Chinese characters, boxes stand for them; %s", name, pdf.CHINESE_FONT)
        forms[name] = on_paper()
    else:
        (folder / name).unlink(missing_ok=True)
        if why is not None:
            log.warning("%s was not written, all other forms were: %s; %s", name, why, pdf.PANGO)
    digests = {}
    for form, data in forms.items():
        write_atomic(folder / form, data)
        digests[form] = hashlib.sha256(data).hexdigest()
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
