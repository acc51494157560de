"""The weekly report: one value (numbers and redacted quotes), and renderers that turn it into bytes."""

from voc.report.build import MAX_CALLBACKS, ReportInputs, build_report
from voc.report.costs_value import CostRow, Costs
from voc.report.forgotten import Gone, without
from voc.report.health_value import Audit, Drift, Health, LanguageHealth
from voc.report.html import render_html
from voc.report.json_out import alarms_of, parse_report, render_json
from voc.report.loop_value import ActionRow, CaseRow, Loop, ReplyRow, Returns, ReturnStory, StockText, WaitRow
from voc.report.markdown import render_markdown
from voc.report.value import CallBack, Coverage, ModelChange, ModelStep, Quote, Rejects, Report, StaleFeed
from voc.report.xlsx import render_xlsx

__all__ = [
    "MAX_CALLBACKS",
    "ActionRow",
    "Audit",
    "CallBack",
    "CaseRow",
    "CostRow",
    "Costs",
    "Coverage",
    "Drift",
    "Gone",
    "Health",
    "LanguageHealth",
    "Loop",
    "ModelChange",
    "ModelStep",
    "Quote",
    "Rejects",
    "ReplyRow",
    "Report",
    "ReportInputs",
    "ReturnStory",
    "Returns",
    "StaleFeed",
    "StockText",
    "WaitRow",
    "alarms_of",
    "build_report",
    "parse_report",
    "render_html",
    "render_json",
    "render_markdown",
    "render_xlsx",
    "without",
]
