"""``voc report``: a week, a part of it, all weeks from one on, a month, or two ranges beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from voc.cli.common import (
    IsoWeek,
    VocCommand,
    deliver,
    model_option,
    period_options,
    report_options,
    run_options,
    workspace_option,
    writing_options,
)
from voc.cli.terminal import Terminal

if TYPE_CHECKING:
    from voc.ranges import Range


class Span(click.ParamType["Range"]):
    """An ISO week such as 2026-W46, or weeks from one to another such as 2026-W40..2026-W43."""

    name = "weeks"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Range:
        """``value`` as days, else a usage error."""
        from voc.pipeline.spans import range_of

        try:
            return range_of(str(value))
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


class CalendarMonth(click.ParamType["Range"]):
    """A month such as 2026-10."""

    name = "month"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Range:
        """``value`` as days, else a usage error."""
        from voc.pipeline.spans import month_of

        try:
            return month_of(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a month like 2026-10.", param, ctx)


def _segment(ctx: click.Context, param: click.Parameter, pairs: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    if not pairs:
        return ()
    from voc.pipeline.segments import ATTRIBUTES

    found: dict[str, str] = {}
    for pair in pairs:
        attribute, equals, value = pair.partition("=")
        if attribute not in ATTRIBUTES or not equals or not value.strip():
            known = ", ".join(ATTRIBUTES)
            raise click.BadParameter(f"{pair!r} has not the form channel=call. Known: {known}.", ctx, param)
        if attribute in found:
            raise click.BadParameter(f"{attribute} is given twice; a document has one.", ctx, param)
        found[attribute] = value.strip()
    return tuple((attribute, found[attribute]) for attribute in ATTRIBUTES if attribute in found)


@click.command(
    "report",
    cls=VocCommand,
    example=(
        "voc report --week 2026-W46 --report-language zh-Hant\n"
        "voc report --segment channel=call --segment product=ferry\n"
        "voc report --compare 2026-W45 2026-W46\n"
        "voc report --month 2026-10\n"
        "voc report --from-week 2026-W31"
    ),
)
@workspace_option
@period_options
@report_options
@click.option(
    "--revision", type=click.IntRange(min=1), metavar="N", help="Write this earlier revision of the week again."
)
@click.option(
    "--segment", multiple=True, callback=_segment, metavar="ATTRIBUTE=VALUE",
    help="Only documents with this channel, product, region or language, against their own earlier weeks. Repeatable: "
    "documents with all of them.",
)  # fmt: skip
@click.option(
    "--compare", nargs=2, type=Span(), metavar="W1 W2",
    help="What differs in W2 from W1: two weeks, or weeks from one to another (2026-W40..2026-W43).",
)  # fmt: skip
@click.option(
    "--month", type=CalendarMonth(), metavar="MONTH", help="The report of a month, such as 2026-10, by its own days."
)
@click.option(
    "--from-week", "first", type=IsoWeek(), metavar="WEEK",
    help="The reports of all weeks from this one on, in order, each as of its Sunday.",
)  # fmt: skip
@model_option
@writing_options
@click.pass_obj
def report_command(terminal: Terminal, /, **params: Any) -> None:
    """Writes the report of a week from what is in the workspace: report.html, .pdf, .xlsx, .md and .json.

    A report is a revision of a week: documents that came late make a new revision, which says what it restates.

    A comparison and a month are small reports of their own (html, pdf, xlsx, md, json), counted from what is stored.
    Nothing is classified again. A report of a segment never takes the place of the week's report; weeks in which fewer
    than five documents belong to the segment are left out of it.
    """
    compare, month, first = (params.pop(name) for name in ("compare", "month", "first"))
    compared = compare or None
    _check(params, compared, month, first)
    options = run_options(params)
    from voc import pipeline
    from voc.weeks import Week

    if compared:
        before, after = compared
        deliver(terminal, lambda: pipeline.report_ranges(options, before, after, terminal.progress()))
    elif month:
        deliver(terminal, lambda: pipeline.report_month(options, month, terminal.progress()))
    elif first:
        deliver(terminal, lambda: pipeline.report_from(options, Week.parse(first), terminal.progress()))
    else:
        deliver(terminal, lambda: pipeline.report(options, terminal.progress()))


def _check(
    params: dict[str, Any], compared: tuple[Range, Range] | None, month: Range | None, first: str | None
) -> None:
    """UsageError for options that contradict each other or would do nothing."""
    asked = {"--compare": compared, "--month": month, "--from-week": first, "--revision": params["revision"]}
    given = [name for name, value in asked.items() if value]
    if len(given) > 1:
        raise click.UsageError(f"{' and '.join(given)} do not go together.")
    for name in ("week", "since", "until"):
        if (compared or month) and params[name]:
            raise click.UsageError(f"With {given[0]} --{name} does nothing.")
    if compared and compared[0].first <= compared[1].last and compared[1].first <= compared[0].last:
        raise click.UsageError(f"{compared[0].name} and {compared[1].name} overlap: name two ranges apart.")
