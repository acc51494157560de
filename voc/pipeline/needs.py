"""What the needs axis is made from: the documents of the last weeks with their ratings and themes."""

from __future__ import annotations

from typing import Final

from voc.needs import NeedsAxis
from voc.pipeline.context import UNHEARD, Context
from voc.pipeline.feeds import feed_name
from voc.pipeline.theming import theme_window
from voc.results import ThemeResult
from voc.store import Counted
from voc.taxonomy import PRAISE
from voc.trends.needs import LEAST_CARRYING, WEEKS, ThemeSide, Told, needs_axis
from voc.trends.ratings import scaled
from voc.weeks import Week

MAX_COMPLAINTS: Final = 12  # themes of complaints that are placed, the largest
MAX_PRAISES: Final = 4


def needs(context: Context, found: ThemeResult) -> NeedsAxis | None:
    """The axis of the weeks up to the report's, with the larger of the themes; None where nobody was heard."""
    week = context.week
    start = week.plus(1 - WEEKS).start if week else None
    heard = dict[str, tuple[Counted, Week | None]]()
    for c in context.counted(days=(start, week.end) if week and start else None):
        day = context.day(c.time)
        if week and start and (day is None or not start <= day <= week.end):
            continue
        if c.status not in UNHEARD and c.key not in context.said_again:
            heard[c.key] = (c, Week.of(day) if day else None)
    if not heard:
        return None
    themes = _larger(found)
    members = dict[str, set[str]]()
    for theme in found.themes:
        for key, _ in theme.members:
            members.setdefault(key, set()).add(theme.id)
    window = theme_window(context)
    first = Week.of(window[0]) if window else None
    ratings = scaled(
        {key: (feed_name(source), rating) for key, (source, rating) in context.store.ratings(heard).items()}
    )
    told = []
    for key, (c, of) in heard.items():
        scale, rating = ratings.get(key, ("", None))
        placed = first is None or (of is not None and of >= first)
        told.append(
            Told(
                key, c.customer, str(of) if of else "", c.channel, c.language, c.labels,
                frozenset(members.get(key, ())) if placed else None, rating, scale,
            )
        )  # fmt: skip
    return needs_axis(
        told,
        drivers=[d.key for d in context.taxonomy.drivers],
        themes=themes,
        start=start.isoformat() if start else None,
        end=week.end.isoformat() if week else None,
    )


def _larger(found: ThemeResult) -> list[ThemeSide]:
    large = sorted((t for t in found.themes if t.documents >= LEAST_CARRYING), key=lambda t: (-t.documents, t.id))
    complaints = [t for t in large if t.side != PRAISE][:MAX_COMPLAINTS]
    praises = [t for t in large if t.side == PRAISE][:MAX_PRAISES]
    return [ThemeSide(t.id, t.driver, t.side) for t in (*complaints, *praises)]
