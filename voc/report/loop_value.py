"""The part of a report about closing the loop: counts, facts and redacted words; no names of staff, no ranking."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from voc.report.value import Quote


@dataclass(frozen=True, slots=True)
class ReplyRow:
    """Answers in a ``channel`` ("" for all): ``stock`` of them are near-identical across different problems, ``empty``
    (written ones alone) name nothing of the case, ``hollow`` are either; in the window, and ``week_``: in the report's
    week."""

    channel: str
    answers: int
    stock: int
    empty: int
    hollow: int
    week_answers: int
    week_hollow: int


@dataclass(frozen=True, slots=True)
class StockText:
    """A stock passage, redacted, with an ellipsis where its uses differ; ``answers`` hold it, in ``channels``."""

    text: str
    answers: int
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Returns:
    """Customers who complain of the same driver again after an answer. ``documents`` and ``customers``: in the window,
    ``week_``: in the report's week; ``answered``: complaints of known customers that were answered in the window;
    ``days``: median from the answer to the return; ``drivers`` and ``channels`` (in which they came back) count
    documents of the window; ``moved``: how many came back in another channel."""

    documents: int
    customers: int
    week_documents: int
    week_customers: int
    answered: int
    days: float | None
    moved: int
    drivers: Mapping[str, int]
    channels: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ReturnStory:
    """One such return: what was said before the answer and ``days`` after it, about ``drivers``."""

    drivers: tuple[str, ...]
    days: int
    before: Quote
    after: Quote


@dataclass(frozen=True, slots=True)
class WaitRow:
    """Response times of a ``channel`` in seconds: ``first`` and ``longest`` are medians of the first answer and of the
    longest silence, ``slow`` and ``slowest`` their 90th percentile and maximum; None where times are not known.
    ``unanswered`` of ``exchanges`` (conversations or threads) got no answer."""

    channel: str
    exchanges: int
    unanswered: int
    first: float | None
    slow: float | None
    longest: float | None
    slowest: float | None


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A call-back case as it stood on the as-of day; ``since``: the day it came to its ``state``; ``document``: the
    redacted id of the opening document; days are ISO dates, "" where unknown."""

    id: str
    document: str
    drivers: tuple[str, ...]
    channel: str
    owner: str
    state: str
    opened: str
    since: str
    value: float | None


@dataclass(frozen=True, slots=True)
class ActionRow:
    """An action and whether its driver moved: ``before`` and ``now`` are shares of complaints (0..1); ``signal``: none,
    up or down since, new for an action of the report's week, None where nothing was tested."""

    number: int
    driver: str
    owner: str
    due: str | None
    text: str
    added: str
    done: str | None
    before: float | None
    now: float | None
    signal: str | None


@dataclass(frozen=True, slots=True)
class Loop:
    """Closing the loop in the window ``start``..``end`` (ISO dates, None where nothing is dated). ``replies`` and
    ``waits`` by channel, the former with all first; ``cases`` are those of earlier weeks in the window, with
    ``states`` counting all of the window by state; ``callbacks`` maps a document's key to its case."""

    start: str | None
    end: str | None
    replies: tuple[ReplyRow, ...] = ()
    stocks: tuple[StockText, ...] = ()
    returns: Returns | None = None
    stories: tuple[ReturnStory, ...] = ()
    waits: tuple[WaitRow, ...] = ()
    cases: tuple[CaseRow, ...] = ()
    states: Mapping[str, int] = field(default_factory=dict)
    callbacks: Mapping[str, CaseRow] = field(default_factory=dict)
    actions: tuple[ActionRow, ...] = ()


def cleaned(
    loop: Loop, quote: Callable[[Quote], Quote], name: Callable[[str], str], text: Callable[[str], str]
) -> Loop:
    """``loop`` with all texts cleaned for display: quotes, short names, longer texts."""

    def case(row: CaseRow) -> CaseRow:
        return dataclasses.replace(row, document=name(row.document), owner=name(row.owner), channel=name(row.channel))

    returns = loop.returns and dataclasses.replace(
        loop.returns, channels={name(key): count for key, count in loop.returns.channels.items()}
    )
    return dataclasses.replace(
        loop,
        replies=tuple(dataclasses.replace(r, channel=name(r.channel)) for r in loop.replies),
        stocks=tuple(
            dataclasses.replace(s, text=text(s.text), channels=tuple(map(name, s.channels))) for s in loop.stocks
        ),
        returns=returns,
        stories=tuple(dataclasses.replace(s, before=quote(s.before), after=quote(s.after)) for s in loop.stories),
        waits=tuple(dataclasses.replace(w, channel=name(w.channel)) for w in loop.waits),
        cases=tuple(map(case, loop.cases)),
        callbacks={key: case(row) for key, row in loop.callbacks.items()},
        actions=tuple(dataclasses.replace(a, owner=name(a.owner), text=text(a.text)) for a in loop.actions),
    )
