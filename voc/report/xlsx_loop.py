"""The sheets of the workbook about closing the loop: cases, actions, hollow replies, response times, journeys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from voc.report.loop_value import ActionRow, CaseRow, Loop
from voc.report.messages import Messages
from voc.report.movement import quote_view
from voc.report.names import Named, driver_name
from voc.report.value import Report

COUNT, SHARE, POINTS, P, DATE, SECONDS = "#,##0", "0.0%", "+0.0%;-0.0%;0.0%", "0.0000", "yyyy-mm-dd", "#,##0.0"
Columns = Mapping[str, str | None]


class Sheet(NamedTuple):
    """A sheet: ``columns`` maps the key of a column's name in [xlsx] to the format of its cells, None for texts."""

    key: str
    columns: Columns
    rows: Iterable[Sequence[object]]


_CASES: Final[Columns] = {
    "case": None, "for": None, "drivers": None, "driver_ids": None, "channel": None, "owner": None, "state": None,
    "opened": DATE, "state_since": DATE, "worth": COUNT, "id": None,
}  # fmt: skip
ACTIONS: Final[Columns] = {
    "number": COUNT, "action": None, "driver": None, "driver_ids": None, "owner": None, "added": DATE, "due": DATE,
    "done": DATE, "share_before": SHARE, "share_now": SHARE, "signal": None,
}  # fmt: skip
_REPLIES: Final[Columns] = {
    "channel": None, "answers": COUNT, "hollow": COUNT, "hollow_share": SHARE, "stock": COUNT, "empty": COUNT,
    "week_answers": COUNT, "week_hollow": COUNT,
}  # fmt: skip
_STOCKS: Final[Columns] = {"passage": None, "answers": COUNT, "channel": None}
_WAITS: Final[Columns] = {
    "channel": None, "exchanges": COUNT, "unanswered": COUNT, "unanswered_share": SHARE, "first_answer": SECONDS,
    "slow_answer": SECONDS, "longest_silence": SECONDS, "slowest_silence": SECONDS,
}  # fmt: skip
_RETURNS: Final[Columns] = {"figure": None, "value": None, "k": COUNT, "n": COUNT}
_JOURNEYS: Final[Columns] = {
    "number": COUNT, "step": COUNT, "drivers": None, "days": COUNT, "id": None, "document": None, "channel": None,
    "language": None, "day": DATE, "text": None,
}  # fmt: skip


def loop_sheets(report: Report, m: Messages) -> tuple[Sheet, ...]:
    """All of them, with a head alone where there is nothing to list."""
    loop = report.loop or Loop(None, None)
    return (
        Sheet("cases_sheet", _CASES, _cases(report, loop, m)),
        Sheet("actions_sheet", ACTIONS, action_rows(report, loop.actions, m)),
        Sheet("replies_sheet", _REPLIES, _replies(loop, m)),
        Sheet("stocks_sheet", _STOCKS, _stocks(loop, m)),
        Sheet("waits_sheet", _WAITS, _waits(loop, m)),
        Sheet("returns_sheet", _RETURNS, _returns(report, loop, m)),
        Sheet("journeys_sheet", _JOURNEYS, _journeys(report, loop, m)),
    )


def drivers_told(report: Named, drivers: Sequence[str], m: Messages) -> tuple[str, str]:
    """The names of drivers, and their ids."""
    return m.joined([driver_name(report, d, m) for d in drivers]), ", ".join(drivers)


def _cases(report: Report, loop: Loop, m: Messages) -> Iterator[Sequence[object]]:
    def row(what: str, c: CaseRow) -> Sequence[object]:
        where = (m.get("channel", c.channel), c.owner, m.get("case_state", c.state))
        return c.id, what, *drivers_told(report, c.drivers, m), *where, c.opened, c.since, c.value, c.document

    yield from (row(m("callbacks.heading"), loop.callbacks[key]) for key in sorted(loop.callbacks))
    yield from (row(m("loop.cases"), case) for case in loop.cases)


def action_rows(report: Named, actions: Iterable[ActionRow], m: Messages) -> Iterator[Sequence[object]]:
    """A row of ``ACTIONS`` for each."""
    for a in actions:
        days = (a.added, a.due, a.done)
        yield a.number, a.text, *drivers_told(report, (a.driver,), m), a.owner, *days, a.before, a.now, a.signal


def _replies(loop: Loop, m: Messages) -> Iterator[Sequence[object]]:
    for r in loop.replies:
        name = m.get("channel", r.channel) if r.channel else m("loop.all")
        share = r.hollow / r.answers if r.answers else None
        yield name, r.answers, r.hollow, share, r.stock, r.empty, r.week_answers, r.week_hollow


def _stocks(loop: Loop, m: Messages) -> Iterator[Sequence[object]]:
    for s in loop.stocks:
        yield s.text, s.answers, m.joined([m.get("channel", c) for c in s.channels])


def _waits(loop: Loop, m: Messages) -> Iterator[Sequence[object]]:
    for w in loop.waits:
        share = w.unanswered / w.exchanges if w.exchanges else None
        yield m.get("channel", w.channel), w.exchanges, w.unanswered, share, w.first, w.slow, w.longest, w.slowest


def _returns(report: Report, loop: Loop, m: Messages) -> Iterator[Sequence[object]]:
    """Counts with what they are counted of, None where that is not one number."""
    r = loop.returns
    if r is None:
        return
    yield m("loop.returns"), "", r.documents, r.answered
    yield m("xlsx.customers_back"), "", r.customers, None
    yield m("xlsx.week_back"), "", r.week_documents, None
    yield m("xlsx.week_customers_back"), "", r.week_customers, None
    yield m("xlsx.moved_channel"), "", r.moved, r.documents
    yield m("xlsx.days_to_return"), "", r.days, None
    for driver, count in _largest(r.drivers):
        yield m("loop.column_driver"), driver_name(report, driver, m), count, r.documents
    for channel, count in _largest(r.channels):
        yield m("loop.column_back_in"), m.get("channel", channel), count, r.documents


def _largest(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """The largest first; the order of a mapping is another one once the report was saved and read again."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _journeys(report: Report, loop: Loop, m: Messages) -> Iterator[Sequence[object]]:
    for number, story in enumerate(loop.stories, start=1):
        names = drivers_told(report, story.drivers, m)[0]
        for step, quote in enumerate((story.before, story.after), start=1):
            told = (quote.id, quote.key, m.get("channel", quote.channel), quote.language, quote.day)
            yield number, step, names, story.days if step > 1 else None, *told, quote_view(quote, m).text
