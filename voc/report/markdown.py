"""report.md: the same page as plain Markdown (CommonMark with pipe tables). Nothing in it that came from data becomes
markup, HTML or a link."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from voc.report.messages import Messages, load_messages
from voc.report.page import QuoteView, Table, View
from voc.report.value import ALL, Report
from voc.report.view import build_view

# Characters that open markup wherever they stand; a colon and a dot where they could make a URL, a domain or an emoji.
# Markup that needs the start of a line (lists, headings, rules) cannot arise: no text from data is put there.
_MARKUP: Final = re.compile(r"[\\`*_\[\]|~$]|:(?=\S)|(?<=\w)\.(?=[^\W\d])")
# Mentions, mail addresses and issue numbers are found by some renderers after escapes are gone: a word joiner, which
# is not seen, comes between.
_MENTION: Final = re.compile(r"[@#](?=\S)")
_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def escape(text: str) -> str:
    """``text`` (one line) so that Markdown shows it as it is. It must not be put at the start of a line."""
    return _MENTION.sub("\\g<0>\u2060", _MARKUP.sub(r"\\\g<0>", text)).translate(_ENTITIES)


def render_markdown(report: Report, language: str) -> str:
    """The page in ``language`` (en, zh-Hans, zh-Hant); UsageError for any other. Same report, same text."""
    m = load_messages(language)
    v = build_view(report, language)
    blocks = [
        *_head(v),
        heading(m("tile.heading")),
        pipe_table(_tiles(v, m)),
        escape(v.tile_key),
        *_changes(v, m),
        *_glance(v, m),
        *_trends(v, m),
        *_numbers(v, m),
        *_themes(v, m),
        *_needs(v, m),
        *_quotes(v, m, report.week == ALL),
        *_callbacks(v, m),
        *_loop(v, m),
        *_costs(v, m),
        *_heard(v, m),
        *_health(v),
        heading(m("notes.heading")),
        bullets(_named(m, name, text) for name, text in v.notes),
        f"_{escape(v.made)}_",
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _head(v: View) -> list[str]:
    title = " · ".join(part for part in (v.heading, v.days) if part)
    over = " · ".join([*([f"**{escape(v.company)}**"] if v.company else []), escape(v.product)])
    verdict = [f"**{escape(v.verdict)}**", *map(escape, v.details)]
    blocks = [f"# {escape(title)}", over, escape(" · ".join(v.meta)), "\n>\n".join(f"> {line}" for line in verdict)]
    if v.restated:
        blocks += [escape(v.restated[0]), bullets(map(escape, v.restated[1:]))]
    return blocks


def _tiles(v: View, m: Messages) -> Table:
    head = ("driver", "share", "interval", "change", "count", "customers", "beside")
    rows = tuple(
        (
            *(t.name, t.share, t.range),
            " · ".join(p for p in (f"{t.arrow} {t.change}".strip(), t.note) if p),
            *(t.of, t.customers),
            " · ".join(p for p in (t.begins, t.extra) if p),
        )
        for t in v.tiles
    )
    return Table(tuple(m(f"columns.{key}") for key in head), rows)


def _changes(v: View, m: Messages) -> list[str]:
    blocks = [heading(m("changes.heading"))] if v.changes else []
    for change in v.changes:
        blocks += [f"### {escape(f'{change.arrow} {change.name}'.strip())}", bullets(map(escape, change.lines))]
        blocks += [pipe_table(t, numeric=True) for t in change.tables]
        blocks.append(bullets(_quote(q, m) for q in change.quotes))
    return blocks


def _glance(v: View, m: Messages) -> list[str]:
    heads = [heading(m("glance.heading"))] if v.glance else []
    return [*heads, bullets(_named(m, line.name, line.text) for line in v.glance)]


def _numbers(v: View, m: Messages) -> list[str]:
    if v.numbers is None:
        return []
    return [heading(m("numbers.heading")), escape(m("numbers.intro")), pipe_table(v.numbers, numeric=True)]


def _trends(v: View, m: Messages) -> list[str]:
    blocks = [heading(m("alarms.heading"))] if v.alarms_note else []
    blocks += [escape(v.alarms_note), pipe_table(v.alarms) if v.alarms else ""]
    if v.overview:
        blocks += [heading(m("trends.heading")), pipe_table(v.overview, numeric=True), escape(v.weeks_note)]
    return blocks


def _themes(v: View, m: Messages) -> list[str]:
    items = []
    for theme in v.themes:
        count = m("format.named", name=m("themes.documents"), value=theme.documents)
        facts = " · ".join(escape(part) for part in (theme.driver, theme.state, count, theme.note) if part)
        items.append(
            "\n".join([f"**{escape(theme.label)}** · {facts}", *(f"  - {_quote(q, m)}" for q in theme.quotes)])
        )
    return [heading(m("themes.heading")), escape(v.themes_note), bullets(items) or escape(m("themes.empty"))]


def _quotes(v: View, m: Messages, is_all: bool) -> list[str]:
    blocks = [heading(m("quotes.heading")), escape(m("quotes.intro_all" if is_all else "quotes.intro"))]
    for group in v.quotes:
        blocks.append(f"### {escape(group.name)}")
        blocks.append(bullets(_quote(q, m) for q in group.quotes) or escape(m("quotes.empty")))
    return blocks


def _callbacks(v: View, m: Messages) -> list[str]:
    blocks = [heading(m("callbacks.heading")), escape(v.callbacks_note)]
    if v.callbacks:
        keys = ("reason", "words", "channel", "day", "document", "case")
        rows = tuple((c.reason, c.quote.text, c.channel, c.day, c.quote.id, c.case) for c in v.callbacks)
        blocks.append(pipe_table(Table(tuple(m(f"callbacks.{key}") for key in keys), rows)))
    return blocks


def _loop(v: View, m: Messages) -> list[str]:
    blocks = [heading(m("loop.heading")), escape(v.loop_note)] if v.loop else []
    for block in v.loop:
        blocks.append(f"### {escape(block.name)}")
        blocks += [*map(escape, block.lines), *(pipe_table(table, numeric=block.numeric) for table in block.tables)]
        for story in block.stories:
            blocks += [f"**{escape(story.name)}**", bullets(_quote(q, m) for q in story.quotes)]
    return blocks


def _needs(v: View, m: Messages) -> list[str]:
    if v.needs is None:
        return []
    groups = bullets(_named(m, name, needs) for _, name, needs in v.needs.groups)
    blocks = [heading(m("needs.heading")), *map(escape, v.needs.lines), groups]
    for chart in v.needs.charts:
        blocks += [f"### {escape(chart.name)}", pipe_table(chart.table)]
    return [*blocks, escape(v.needs.reading)]


def _costs(v: View, m: Messages) -> list[str]:
    if v.costs is None:
        return []
    blocks = [
        heading(v.costs.name),
        *map(escape, v.costs.lines),
        *(pipe_table(t, numeric=True) for t in v.costs.tables),
    ]
    for story in v.costs.stories:
        blocks += [f"**{escape(story.name)}**", bullets(_quote(q, m) for q in story.quotes)]
    return blocks


def _heard(v: View, m: Messages) -> list[str]:
    blocks = [heading(m("heard.heading")), bullets(_named(m, name, value) for name, value in v.facts)]
    blocks += [pipe_table(table, numeric=True) for table in (v.channels, v.languages) if table.rows]
    if v.model_step:
        blocks += [heading(m("model.heading")), escape(v.model_note), pipe_table(v.model_step, numeric=True)]
    return [*blocks, escape(v.untested)]


def _health(v: View) -> list[str]:
    if v.health is None:
        return []
    return [heading(v.health.name), *map(escape, v.health.lines), *(pipe_table(t) for t in v.health.tables)]


def heading(text: str) -> str:
    """The title of a section; ``text`` is escaped."""
    return f"## {escape(text)}"


def _named(m: Messages, name: str, value: str) -> str:
    return m("format.named", name=f"**{escape(name)}**", value=escape(value))


def _quote(quote: QuoteView, m: Messages) -> str:
    return f"{m('format.quoted', text=escape(quote.text))} · {escape(quote.source)} · {escape(quote.id)}"


def bullets(items: Iterable[str]) -> str:
    """A list of ``items``, which are Markdown; "" for none."""
    return "\n".join(f"- {item}" for item in items)


def pipe_table(table: Table, *, numeric: bool = False) -> str:
    """A table, each cell escaped; ``numeric``: columns after the first are set to the right."""
    rule = ["---", *("--:" if numeric else "---" for _ in table.head[1:])]
    lines: list[Sequence[str]] = [[escape(cell) for cell in table.head], rule]
    lines += [[escape(cell) for cell in row] for row in table.rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
