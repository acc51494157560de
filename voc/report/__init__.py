"""The weekly report: one value (numbers and redacted quotes), and renderers that turn it into bytes."""

from voc.report.build import ReportInputs, build_report
from voc.report.html import render_html
from voc.report.json_out import parse_report, render_json
from voc.report.markdown import render_markdown
from voc.report.value import CallBack, Coverage, Quote, Rejects, Report

__all__ = [
    "CallBack",
    "Coverage",
    "Quote",
    "Rejects",
    "Report",
    "ReportInputs",
    "build_report",
    "parse_report",
    "render_html",
    "render_json",
    "render_markdown",
]
