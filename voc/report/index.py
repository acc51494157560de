"""index.html: all reports of a folder on one page, with a link to every form of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from voc.report.headline import heading, verdict
from voc.report.html import environment, policy_hash, resource
from voc.report.messages import Messages, load_messages
from voc.report.names import side_name
from voc.report.value import DOWN, UP, Report

_FORMS: Final = ("html", "pdf", "xlsx", "md", "json")
REPORT: Final = "report"
KINDS: Final = (REPORT, "month", "compare")
_ARROWS: Final = {UP: "▲", DOWN: "▼"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A folder of one report beside the index: its ``name``, the names of the ``files`` in it, and what its report.json
    says; None where another version of voc wrote that, or where it is no report of a week. ``kind`` is the name of its
    files without the ending, one of ``KINDS``."""

    name: str
    files: tuple[str, ...]
    report: Report | None
    kind: str = REPORT


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the index as texts; ``forms``: (name, address relative to the index)."""

    name: str
    days: str
    verdict: str
    signals: tuple[str, ...]
    revision: str
    forms: tuple[tuple[str, str], ...]


def render_index(entries: Sequence[Entry], language: str) -> str:
    """The page in ``language`` (en, zh-Hans, zh-Hant), the latest report first; UsageError for any other language. Same
    entries, same text."""
    m = load_messages(language)
    ordered = sorted(entries, key=lambda e: e.name, reverse=True)
    css = resource("report.css")
    company = next((e.report.company for e in ordered if e.report and e.report.company), "")
    return (
        environment()
        .get_template("index.html.j2")
        .render(
            rows=[_row(e, m) for e in ordered],
            company=company,
            language=language,
            t=m,
            css=css,
            style_hash=policy_hash(css),
        )
    )


def _row(entry: Entry, m: Messages) -> Row:
    forms = tuple(
        (m(f"index.{form}"), f"{entry.name}/{entry.kind}.{form}")
        for form in _FORMS
        if f"{entry.kind}.{form}" in entry.files
    )
    report = entry.report
    if report is None:
        told = m("index.unread" if entry.kind == REPORT else f"index.{entry.kind}")
        return Row(entry.name, "", told, (), "", forms)
    name, days = heading(report, m)
    signals = tuple(
        f"{_ARROWS[signal]} {side_name(report, label, m)}"
        for label, signal in report.signals.items()
        if signal in _ARROWS
    )
    return Row(name, days, verdict(report, m), signals, m.count(report.revision), forms)
