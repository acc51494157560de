"""From the Report to the letter that is sent: its first page, in the words that the page has."""

from __future__ import annotations

from typing import Final

from voc.deliver import Change, Letter, Row, Saying, words
from voc.privacy import redact
from voc.report import Report
from voc.report.messages import Messages, load_messages
from voc.report.movement import change_views, quote_view
from voc.report.page import QuoteView, Tile
from voc.report.view import build_view
from voc.text import display

ALERT: Final = "alert"
_QUOTES: Final = 2  # of a change; of the verdict's driver where nothing changed


def report_letter(report: Report, language: str, reason: str = "") -> Letter:
    """The letter of ``report``; ``reason``: why it is sent again, "" for the first time. UsageError for a language that
    is not known."""
    m, said = load_messages(language), words(language)
    view = build_view(report, language)
    revised = [said["revised"].format(revision=report.revision)] if report.revision > 1 else []
    revised += [said["again"].format(reason=_clean(reason))] if reason else []
    changes = tuple(  # its lines hold what people typed: actions and owners
        Change(c.label, display(c.name), c.signal, tuple(map(_clean, c.lines)), _sayings(c.quotes))
        for c in change_views(report, m)
    )
    return Letter(
        week=report.week,
        revision=report.revision,
        language=language,
        subject=_clean(view.title),
        company=_clean(view.company),
        title=display(" · ".join((view.product, view.heading))),
        days=display(view.days),
        kind=report.verdict.kind,
        verdict=display(view.verdict),
        details=_lines(view.details),
        revised=(*revised, *_lines(view.restated)),
        headings=(m("tile.heading"), m("changes.heading"), m("quotes.heading")),
        head=(m("columns.driver"), *(said[key] for key in ("share", "range", "change", "counted"))),
        rows=tuple(_row(report, tile) for tile in view.tiles),
        changes=changes,
        quotes=() if changes else _quotes(report, m),
        cut=said["cut"],
    )


def alert_letter(text: str, company: str, language: str) -> Letter:
    """A short message of something that needs somebody's attention."""
    said = words(language)
    subject = " · ".join(part for part in (_clean(company), said["alert"]) if part)
    return Letter(
        week="", revision=0, language=language, subject=subject, company=_clean(company), title=said["alert"],
        days="", kind=ALERT, verdict=_clean(text),
    )  # fmt: skip


def _clean(text: str) -> str:
    """What people typed, as one line that reads as it is written: redacted (quotes are already: once more is nothing
    but sure), without control and bidirectional characters."""
    return display(redact(text))


def _lines(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Sentences of the report: numbers in them are no one's."""
    return tuple(display(text) for text in texts)


def _sayings(quotes: tuple[QuoteView, ...]) -> tuple[Saying, ...]:
    return tuple(Saying(_clean(q.text), _clean(q.source), _clean(q.id), q.language) for q in quotes[:_QUOTES])


def _quotes(report: Report, m: Messages) -> tuple[Saying, ...]:
    found = report.quotes.get(report.verdict.driver or "", ())
    return _sayings(tuple(quote_view(quote, m) for quote in found))


def _row(report: Report, tile: Tile) -> Row:
    cell = report.cell(tile.label)
    numbers = ("share", "low", "high", "change", "k", "n")
    values = {name: getattr(cell, name, None) for name in numbers}
    change = f"{tile.arrow} {tile.change}".strip() or tile.note
    return Row(
        tile.label, display(tile.name), tile.share, tile.range, display(change), display(tile.of), tile.signal, values
    )
