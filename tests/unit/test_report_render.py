from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests import report_inputs as fixed
from tests.health_inputs import HEALTH
from tests.needs_inputs import COSTS, NEEDS
from voc.errors import UsageError
from voc.report.build import ReportInputs, build_report
from voc.report.html import render_html, resource
from voc.report.json_out import render_json
from voc.report.markdown import escape, render_markdown
from voc.report.messages import LANGUAGES
from voc.report.value import CallBack, Report, StaleFeed
from voc.text import display

pytestmark = pytest.mark.usefixtures("drawn_once")
GOLDEN = Path(__file__).parents[1] / "golden" / "report"
KINDS = [fixed.inputs, fixed.whole_inputs, fixed.no_data_inputs, fixed.hostile_inputs]
DRAWN = {"g", "path", "rect", "circle", "use", "text", "clippath", "title", "desc", "defs"}


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.svg = 0
        self.drawn: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), "an attribute stands twice"
        (self.drawn if self.svg else self.elements).append((tag, dict(attrs)))
        self.svg += tag == "svg"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        (self.drawn if self.svg else self.elements).append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.svg -= tag == "svg"

    def handle_data(self, data: str) -> None:
        self.text += data


def _without_drawings(page: str) -> str:
    """Charts are left out of the golden files: their paths change with matplotlib, and tests of their own hold them."""
    return re.sub(r'(<svg viewBox="[^"]*" class="chart").*?</svg>', r"\1/>", page, flags=re.DOTALL)


def _own(page: str) -> str:
    """``page`` with a marker for its style and its script, which must be those of the files, and for their hashes, so
    that a golden file holds what is the page's own."""
    for tag, name in (("style", "report.css"), ("script", "report.js")):
        text = resource(name)
        for whole, marker in ((f"<{tag}>{text}</{tag}>", f"<{tag}>{name}</{tag}>"), (_digest(text), name)):
            assert page.count(whole) == 1, f"{name} is not in the page as it is, once, with its hash in the policy"
            page = page.replace(whole, marker)
    return page


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


RENDERERS: dict[str, Callable[[Report, str], str]] = {
    "html": lambda report, language: _own(_without_drawings(render_html(report, language))),
    "md": render_markdown,
    "json": lambda report, _language: render_json(report),
}


def _undated() -> ReportInputs:
    """A store in which nothing is dated, with the parts that need many documents: needs, costs, health."""
    whole = fixed.whole_inputs()
    coverage = replace(whole.coverage, stale=(StaleFeed("calls-*.jsonl", "2026-10-02", 1.0),))
    return replace(whole, needs=NEEDS, costs=COSTS, health=HEALTH, coverage=coverage)


@pytest.mark.parametrize("ending", RENDERERS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("name", "make"), [("report", fixed.inputs), ("all", _undated)])
def test_golden(name: str, make: Callable[[], ReportInputs], language: str, ending: str) -> None:
    path = GOLDEN / (f"{name}.{ending}" if ending == "json" else f"{name}.{language}.{ending}")
    text = RENDERERS[ending](build_report(make()), language)
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8"), (
        f"{path.name} differs; UPDATE_GOLDEN=1 writes it anew, then look at the change"
    )


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_self_contained_and_under_its_policy(make: Callable[[], ReportInputs], language: str) -> None:
    text = render_html(build_report(make()), language)
    page = _Page(text)
    css = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert css is not None
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)
    assert script is not None and text.count("<script") == 1
    allowed = f"style-src 'sha256-{_digest(css[1])}'; script-src 'sha256-{_digest(script[1])}'"
    policy = f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    metas = [attrs for tag, attrs in page.elements if tag == "meta"]
    assert {"http-equiv": "Content-Security-Policy", "content": policy} in metas
    assert text.index("Content-Security-Policy") < text.index("<style>")
    assert page.elements[0] == ("html", {"lang": language})
    assert len(text.encode()) < 2_000_000
    for _, attrs in (*page.elements, *page.drawn):
        assert not [name for name in attrs if name.startswith("on") or name in ("style", "src", "srcset", "action")]
        assert all((attrs.get(name) or "#").startswith("#") for name in ("href", "xlink:href"))
    ids = [attrs["id"] for _, attrs in (*page.elements, *page.drawn) if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert "url(http" not in css[1]
    assert "@import" not in css[1]


def _shapes(inputs: ReportInputs) -> set[tuple[str, frozenset[str]]]:
    """Every element of the page with the attributes that it carries."""
    page = _Page(render_html(build_report(inputs), "en"))
    return {(tag, frozenset(attrs)) for tag, attrs in page.elements}


def test_hostile_data_adds_no_element_and_no_attribute() -> None:
    without_tag = replace(fixed.NEGLECT[0], language="und")  # what is no language tag becomes no attribute
    quotes = {"neglect": [without_tag, *fixed.NEGLECT]}
    plain = replace(fixed.inputs(), callbacks=[*fixed.CALLBACKS, CallBack(without_tag, ())], quotes=quotes)
    assert _shapes(fixed.hostile_inputs()) <= _shapes(plain)
    page = _Page(render_html(build_report(fixed.hostile_inputs()), "en"))
    assert {tag for tag, _ in page.drawn} <= DRAWN
    shown = " ".join(page.text.split())
    for payload in fixed.HOSTILE[:5]:
        assert display(payload)[:60] in shown


def test_a_language_tag_becomes_an_attribute_only_where_it_is_one() -> None:
    quotes = {
        "neglect": [
            replace(fixed.NEGLECT[0], language=tag, key=str(i), text=f"text {i}")
            for i, tag in enumerate(("pt-BR", 'x" y', "und"))
        ]
    }
    page = _Page(
        render_html(
            build_report(
                replace(
                    fixed.inputs(),
                    quotes=quotes,
                    callbacks=(),
                    themes=fixed.ThemeResult((), 0, 0),
                    places=(),
                    loop=None,
                )
            ),
            "en",
        )
    )
    tags = [attrs["lang"] for tag, attrs in page.elements if tag == "p" and "lang" in attrs]
    assert tags == ["pt-BR"]


def test_the_page_says_what_matters() -> None:
    page = _Page(render_html(build_report(fixed.inputs()), "en"))
    shown = " ".join(page.text.split())
    assert "Complaints about neglect rose to 10.3% of this week’s feedback, from 4.8% before" in shown
    assert "the one signal among 9 series tested; chance alone would show a change this clear in about 1 of" in shown
    assert "+5.6 pp" in shown and "New signal: up" in shown
    assert "Interval 6.9% to 14.8%" in shown
    assert "35 of 412 counted (8.5%)" in shown
    assert "probably finds wrongly and misses here, except: Unknowledgeable staff" in shown
    assert "with channels, languages and products in the baseline’s proportions" in shown
    assert "withdrawn: restated counts do not give it" in shown
    assert "French (not tested)" in shown
    assert "no text (9), wrong number of cells (5)" in shown
    assert "HL-20311" in shown


def test_a_later_revision_says_what_it_restates() -> None:
    first = build_report(fixed.with_rows(fixed.inputs(), fixed.week_rows((*fixed.DOCUMENTS[:-1], 400))))
    late = build_report(replace(fixed.inputs(), previous=first))
    for text in (render_html(late, "en"), render_markdown(late, "en")):
        assert "Revision 2 replaces revision 1" in text
        assert "400 → 412" in text


def test_the_whole_has_no_trend_and_says_why() -> None:
    for text in (
        render_html(build_report(fixed.whole_inputs()), "zh-Hans"),
        render_markdown(build_report(fixed.whole_inputs()), "zh-Hans"),
    ):
        assert "全部反馈" in text
        assert "反馈均没有日期" in text
        assert "逐周走势" not in text


def test_an_unknown_language_is_a_usage_error() -> None:
    report = build_report(fixed.inputs())
    for render in (render_html, render_markdown):
        with pytest.raises(UsageError):
            render(report, "de")


def _flat(tokens: list[Token]) -> list[Token]:
    return [t for token in tokens for t in (token, *_flat(token.children or []))]


MARKDOWN = MarkdownIt("commonmark", {"linkify": True}).enable(["table", "strikethrough", "linkify"])
STRUCTURE = {
    f"{name}_{side}"
    for name in (
        *("heading", "paragraph", "blockquote", "bullet_list", "list_item", "strong", "em"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    )
    for side in ("open", "close")
}


@pytest.mark.parametrize("make", KINDS)
def test_markdown_holds_no_link_image_or_html(make: Callable[[], ReportInputs]) -> None:
    tokens = _flat(MARKDOWN.parse(render_markdown(build_report(make()), "en")))
    assert {t.type for t in tokens} <= STRUCTURE | {"inline", "text"}
    assert not any(t.attrs.keys() & {"href", "src"} for t in tokens)
    em = [t for t in tokens if t.type == "em_open"]
    assert len(em) == 1  # the line that names the model


@given(
    st.text(
        alphabet=st.one_of(st.sampled_from("\\`*_{}[]()#+-.!|~<>&:/@$^=\"'www.http1a "), st.characters()), max_size=60
    )
)
@example("http://a.b/ www.a.com x@y.zz a.com :smile: <b> &amp; ![](x) [a]: b #12 @me")
def test_escaped_text_is_shown_as_it_is(raw: str) -> None:
    text = display(raw)
    line = MARKDOWN.parse(f"“{escape(text)}”")[1]
    assert {t.type for t in line.children or []} <= {"text"}, escape(text)
    shown = "".join(t.content for t in line.children or []).replace("\u2060", "")
    assert shown == f"“{text}”".replace("\u2060", "")


def test_mentions_addresses_and_issue_numbers_are_defused() -> None:
    """Hosts of Markdown look for them in the finished text, where an escape is no longer seen."""
    assert escape("@me x@y.zz #12 # @") == "@\u2060me x@\u2060y\\.zz #\u206012 # @"


def test_table_cells_of_markdown_cannot_be_split() -> None:
    tokens = MARKDOWN.parse(render_markdown(build_report(fixed.hostile_inputs()), "en"))
    tables: list[list[int]] = []
    for token in tokens:
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            tables[-1].append(0)
        elif token.type in ("td_open", "th_open"):
            tables[-1][-1] += 1
    assert all(len(set(rows)) == 1 for rows in tables)
    # tiles; where by channel, language, product; alarms; weeks: nothing in them was lost, either
    assert [(len(rows), rows[0]) for rows in tables[:6]] == [(6, 7), (6, 4), (4, 4), (5, 4), (4, 5), (21, 7)]
