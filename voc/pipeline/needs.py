"""What the needs axis is made from: the documents of the last weeks with their ratings and themes."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Final

from voc.needs import NeedsAxis
from voc.pipeline.context import UNHEARD, Context
from voc.pipeline.feeds import feed_name
from voc.pipeline.theming import theme_window
from voc.results import ThemeResult
from voc.taxonomy import PRAISE
from voc.trends.needs import LEAST_CARRYING, WEEKS, ThemeSide, Told, needs_axis, sampled, who_said
from voc.trends.ratings import scaled
from voc.weeks import Week

MAX_COMPLAINTS: Final = 12  # themes of complaints that are placed, the largest
MAX_PRAISES: Final = 4


def needs(context: Context, found: ThemeResult) -> NeedsAxis | None:
    """The axis of the weeks up to the report's, with the larger of the themes; None where nobody was heard."""
    week = context.week
    again = context.said_again
    heard = [(c, day) for c, day in context.recent(WEEKS) if c.status not in UNHEARD and c.key not in again]
    if not heard:
        return None
    themes = _larger(found)
    members = dict[str, set[str]]()
    for theme in found.themes:
        for key, _ in theme.members:
            members.setdefault(key, set()).add(theme.id)
    window = theme_window(context)
    first = Week.of(window[0]) if window else None
    feed_of = lru_cache(maxsize=16384)(feed_name)
    rated = context.store.ratings(c.number for c, _ in heard)
    ratings = scaled({c.key: (feed_of(c.source), rated[c.number]) for c, _ in heard if c.number in rated})
    looked_at = sampled(Counter(who_said(c.key, c.customer) for c, _ in heard))
    told = []
    for c, day in heard:
        if who_said(c.key, c.customer) not in looked_at:
            continue
        of = Week.of(day) if day else None
        scale, rating = ratings.get(c.key, ("", None))
        placed = first is None or (of is not None and of >= first)
        told.append(
            Told(
                c.key, c.customer, str(of) if of else "", c.channel, c.language, c.labels,
                frozenset(members.get(c.key, ())) if placed else None, rating, scale,
            )
        )  # fmt: skip
    return needs_axis(
        told,
        drivers=[d.key for d in context.taxonomy.drivers],
        themes=themes,
        start=week.plus(1 - WEEKS).start.isoformat() if week else None,
        end=week.end.isoformat() if week else None,
        left_out=len(heard) - len(told),
    )


def _larger(found: ThemeResult) -> list[ThemeSide]:
    large = sorted((t for t in found.themes if t.documents >= LEAST_CARRYING), key=lambda t: (-t.documents, t.id))
    complaints = [t for t in large if t.side != PRAISE][:MAX_COMPLAINTS]
    praises = [t for t in large if t.side == PRAISE][:MAX_PRAISES]
    return [ThemeSide(t.id, t.driver, t.side) for t in (*complaints, *praises)]
