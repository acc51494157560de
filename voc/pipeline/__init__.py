"""The main path, and the only place where the stages and the store meet."""

from __future__ import annotations

from dataclasses import replace

from voc.errors import NothingNewError, TooManyRejects
from voc.pipeline import parts, ranging, reporting, stages, theming, trending
from voc.pipeline.context import Context, writing
from voc.pipeline.feeds import stale_feeds
from voc.pipeline.files import classify_files
from voc.pipeline.options import NoProgress, Progress, RunOptions, RunResult
from voc.pipeline.preview import preview
from voc.pipeline.retention import retain_after_run
from voc.pipeline.views import EXPORT_COLUMNS, explain, export_rows, init, rejects, search, status
from voc.ranges import Range
from voc.weeks import Week

__all__ = [
    "EXPORT_COLUMNS",
    "NoProgress",
    "Progress",
    "RunOptions",
    "RunResult",
    "classify",
    "classify_files",
    "explain",
    "export_rows",
    "ingest",
    "init",
    "preview",
    "rejects",
    "report",
    "report_from",
    "report_month",
    "report_ranges",
    "run_week",
    "search",
    "status",
    "themes",
    "trends",
]


def run_week(options: RunOptions, progress: Progress) -> RunResult:
    """From files of feedback to the report of the week.

    Raises TooManyRejects or NothingNewError (with the RunResult as ``error.result``) after everything is written.
    """
    with writing("run", options, progress) as context:
        stages.ingest(context)
        stages.classify(context)
        theming.themes(context)
        trending.trends(context)
        reporting.report(context)
        _restate(context)
        retain_after_run(context)
        _check_inputs(context)
    return context.result


def _restate(context: Context) -> None:
    """Writes a new revision of each earlier report whose week got late documents."""
    with context.clock.stage("restate") as row:
        weeks = reporting.restated_weeks(context)
        for week in weeks:
            earlier = Context(replace(context.options, week=week), context.config, context.store, context.progress)
            theming.themes(earlier)
            trending.trends(earlier)
            reporting.report(earlier)
            context.result.say(f"{week}: late documents, revision {earlier.result.summary['report']['revision']}")
        row["documents"] = len(weeks)
    context.result.summary["restated"] = weeks


def ingest(options: RunOptions, progress: Progress) -> RunResult:
    """Reads the inputs into the workspace; raises as ``run_week`` does."""
    with writing("ingest", options, progress) as context:
        stages.ingest(context)
        _check_inputs(context)
    return context.result


def classify(options: RunOptions, progress: Progress) -> RunResult:
    """Classifies the documents of the workspace that the model has not seen."""
    with writing("classify", options, progress) as context:
        stages.classify(context)
    return context.result


def themes(options: RunOptions, progress: Progress) -> RunResult:
    """Clusters the complaint segments of the window."""
    with writing("themes", options, progress) as context:
        theming.themes(context)
    return context.result


def trends(options: RunOptions, progress: Progress) -> RunResult:
    """Counts by week and driver."""
    with writing("trends", options, progress) as context:
        trending.trends(context)
    return context.result


def report(options: RunOptions, progress: Progress) -> RunResult:
    """Writes the report of a week; themes and trends are brought up to date first."""
    with writing("report", options, progress) as context:
        if options.revision is None:
            if options.segment:
                parts.prepare(context)
            else:
                theming.themes(context)
            trending.trends(context)
        reporting.report(context)
    return context.result


def report_ranges(options: RunOptions, before: Range, after: Range, progress: Progress) -> RunResult:
    """Writes what differs between two ranges of days, from what is stored."""
    with writing("report", options, progress) as context:
        ranging.compare_ranges(context, before, after)
    return context.result


def report_month(options: RunOptions, month: Range, progress: Progress) -> RunResult:
    """Writes the report of a month, from what is stored."""
    with writing("report", options, progress) as context:
        ranging.monthly(context, month)
    return context.result


def report_from(options: RunOptions, first: Week, progress: Progress) -> RunResult:
    """Writes the reports of all weeks from ``first`` on, in order, as they would have been."""
    with writing("report", options, progress) as context:
        ranging.backfill(context, first)
    return context.result


def _check_inputs(context: Context) -> None:
    """What the inputs were like, told after everything was written."""
    done = context.result.summary["ingest"]
    refused = done["rejects"] - done["set_aside"]
    share = refused / done["rows"] if done["rows"] else 0.0
    allowed = context.config.ingest.max_reject_share
    if share > allowed:
        names = ", ".join(i["name"] for i in done["inputs"] if i["rejects"] > i["set_aside"])
        raise TooManyRejects(
            f"{refused:,} of {done['rows']:,} rows were rejected ({share:.1%}, allowed {allowed:.1%}): {names}",
            "voc rejects lists them with reasons; --max-reject-share allows more. Everything else was done.",
            result=context.result,
        )
    if context.options.require_new and not done["added"]:
        raise NothingNewError(
            "nothing new: every document was known already",
            "Check that the feed delivered this week's file.",
            result=context.result,
        )
    if context.options.require_new and (stale := stale_feeds(context)):
        raise NothingNewError("; ".join(map(str, stale)), "Check that the feed still delivers.", result=context.result)
