"""Renderers of a comparison and of a month: one self-contained HTML page, PDF, Markdown; the workbook is in
voc.report.xlsx_ranges, JSON in voc.report.ranges."""

from __future__ import annotations

from voc.report.html import environment, policy_hash, resource
from voc.report.markdown import bullets, escape, heading, pipe_table
from voc.report.pdf import on_paper, to_pdf
from voc.report.ranges import RangeReport
from voc.report.ranges_page import range_messages
from voc.report.ranges_view import build_range_view


def render_ranges_html(report: RangeReport, language: str, zone: str, css: str = "") -> str:
    """The page in ``language`` (en, zh-Hans, zh-Hant); ``zone``: the company's time zone; ``css``: another style than
    that for browsers. Same report, same text."""
    css = css or resource("report.css")
    view, m = build_range_view(report, language, zone), range_messages(language)
    return environment().get_template("ranges.html.j2").render(v=view, t=m, css=css, style_hash=policy_hash(css))


def render_ranges_pdf(report: RangeReport, language: str, zone: str) -> bytes:
    """The same page as PDF (A4, tagged); ModelError where WeasyPrint or its libraries are missing."""
    return to_pdf(render_ranges_html(report, language, zone, on_paper()))


def render_ranges_markdown(report: RangeReport, language: str, zone: str) -> str:
    """The same page as Markdown."""
    v, m = build_range_view(report, language, zone), range_messages(language)
    over = " · ".join([*([f"**{escape(v.company)}**"] if v.company else []), escape(v.product)])
    verdict = [f"**{escape(v.verdict)}**", *map(escape, v.details)]
    blocks = [
        f"# {escape(f'{v.heading} · {v.days}')}",
        over,
        escape(" · ".join(v.meta)),
        "\n>\n".join(f"> {line}" for line in verdict),
    ]
    for section in v.sections:
        blocks += [heading(section.name), *map(escape, section.lines)]
        blocks += [pipe_table(data, numeric=section.numeric) for data in section.tables]
    notes = (m("format.named", name=f"**{escape(name)}**", value=escape(text)) for name, text in v.notes)
    blocks += [heading(m("notes.heading")), bullets(notes), f"_{escape(v.made)}_"]
    return "\n\n".join(block for block in blocks if block) + "\n"
