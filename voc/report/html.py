"""report.html: one self-contained file. No request, no inline style, no handler: a strict Content-Security-Policy tells
the browser so, with the hashes of the one style and the one script element. The script only filters and sorts what is
there; without it all is read as well. Everything that is not ours is escaped by Jinja2."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from voc.report.charts import chart_series, draw
from voc.report.messages import Messages, load_messages
from voc.report.names import week_short
from voc.report.page import SeriesTable, View
from voc.report.theme_pictures import pictures
from voc.report.value import ALL, Report
from voc.report.view import build_view, shown_themes

if TYPE_CHECKING:
    from jinja2 import Environment

_TAG: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


def render_html(report: Report, language: str) -> str:
    """The page in ``language`` (en, zh-Hans, zh-Hant); UsageError for any other. Same report, same bytes."""
    return page(report, language, resource("report.css"), resource("report.js"))


def page(report: Report, language: str, css: str, script: str = "") -> str:
    """The page with this style and script (ours, as they are; no script where it is empty)."""
    m = load_messages(language)
    view = build_view(report, language)
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            v=view,
            t=m,
            charts=_charts(report, view, m),
            pictures=pictures(report, shown_themes(report), m),
            css=css,
            style_hash=policy_hash(css),
            script=script,
            script_hash=policy_hash(script),
            is_all=report.week == ALL,
        )
    )


def _charts(report: Report, view: View, m: Messages) -> list[tuple[SeriesTable, str]]:
    """(numbers, svg) for each driver and for leave; none where there are no weeks to draw."""
    from markupsafe import Markup

    charts: list[tuple[SeriesTable, str]] = []
    for index, numbers in enumerate(view.weeks):
        series = chart_series(report, numbers.label)
        if series is None:
            return []
        last, name = series.cells[-1], numbers.name
        key = "trends.description" if last.share is not None else "trends.description_empty"
        svg = draw(
            series,
            name=f"c{index}",
            title=m("trends.chart", name=name),
            description=m(
                key,
                name=name,
                first=series.weeks[0].week,
                last=series.weeks[-1].week,
                share=m.percent(last.share),
                low=m.percent(last.low),
                high=m.percent(last.high),
                signals=m.joined(list(series.signals)) or m("trends.no_signal"),
            ),
            week_name=lambda week: week_short(week, m),
        )
        charts.append((numbers, Markup(svg)))  # noqa: S704 -- serialised by an XML writer, which escaped it
    return charts


@cache
def environment() -> Environment:
    """The templates of voc.report, everything escaped that they are given."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    found = Environment(
        loader=PackageLoader("voc.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters["svg"] = Markup  # only for what an XML writer serialised, which escaped it
    found.filters["lang_tag"] = lambda tag: tag if _TAG.fullmatch(tag) and tag != "und" else ""
    return found


def resource(name: str) -> str:
    """The text of a file that lies beside the templates."""
    return resources.files("voc.report").joinpath("templates", name).read_text("utf-8")


def policy_hash(text: str) -> str:
    """By which a Content-Security-Policy knows a style or a script (SHA-256, Base64)."""
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
