"""report.pdf: the page on paper, by WeasyPrint from the same HTML: charts are drawings, text is text, the outline and
the tags for screen readers come from the headings. Nothing is loaded but the fonts of this machine; no link leads out.

WeasyPrint was chosen because it breaks pages by the rules of print style sheets, repeats table heads, and sets Chinese
by Pango with any font of the system; fpdf2 and ReportLab would need a second layout and embedded fonts, Chromium a
browser. It needs Pango, which a slim container lacks: see `unavailable`.
"""

from __future__ import annotations

import contextlib
import io
import logging
import shutil
import subprocess
import warnings
from typing import Any, Final, NoReturn

from voc.errors import ModelError
from voc.report.html import page, resource
from voc.report.value import Report

PANGO: Final = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
CHINESE_FONT: Final = "apt-get install fonts-noto-cjk"
_WIDE: Final = ("\u3400", "\u9fff")  # Han characters, which need a font of their own


def render_pdf(report: Report, language: str) -> bytes:
    """The page in ``language`` (en, zh-Hans, zh-Hant) as PDF (A4, tagged). Same report, same fonts, same bytes.

    UsageError for any other language; ModelError where WeasyPrint or its libraries are missing.
    """
    return to_pdf(page(report, language, on_paper()))


def on_paper() -> str:
    """The style of a page that is made for paper."""
    return resource("report.css") + resource("pdf.css")


def to_pdf(html: str) -> bytes:
    """A page with the style of `on_paper` as PDF; ModelError where WeasyPrint or its libraries are missing."""
    why = unavailable()
    if why is not None:
        raise ModelError(f"PDF cannot be written: {why}", PANGO)
    from weasyprint import HTML

    # It logs what it cannot read in a style sheet; ours is for browsers, too.
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        HTML(string=html, base_url=None, url_fetcher=_refuse).write_pdf(out, pdf_tags=True, pdf_identifier=b"voc")
    return out.getvalue()


def unavailable() -> str | None:
    """Why no PDF can be written on this machine (WeasyPrint or a library of its is missing), None where one can."""
    try:
        # Where a library is missing it also prints advice to the standard output, which is for answers.
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            import weasyprint  # noqa: F401
    except (ImportError, OSError) as error:
        return str(error).splitlines()[0]
    return None


def needs_chinese(html: str) -> bool:
    """Whether a page holds Han characters."""
    return any(_WIDE[0] <= char <= _WIDE[1] for char in html)


def chinese_families() -> list[str] | None:
    """The font families of this machine with Chinese characters, by name; None where that cannot be told."""
    tool = shutil.which("fc-list")
    if tool is None:
        return None
    listed = subprocess.run([tool, ":lang=zh-cn", "family"], capture_output=True, text=True, timeout=30, check=False)
    return sorted({line.split(",")[0].strip() for line in listed.stdout.splitlines() if line.strip()})


def _refuse(url: str, *_args: Any, **_options: Any) -> NoReturn:
    """The page names nothing outside itself; what would be loaded all the same is an error."""
    raise ValueError(f"a report loads nothing: {url[:80]}")
