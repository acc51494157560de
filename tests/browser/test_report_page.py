"""The page in a real browser: under its policy, with payloads in every field, wide, narrow and in print."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import report_inputs as fixed
from voc.report.build import ReportInputs, build_report
from voc.report.html import page as html_page
from voc.report.html import render_html, resource
from voc.report.index import Entry, render_index
from voc.report.messages import LANGUAGES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
# Whatever the data, the page consists of these and nothing else.
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "header", "section", "article", "details", "summary"),
    *("h1", "h2", "h3", "h4", "p", "b", "span", "div", "ul", "li", "dl", "dt", "dd", "blockquote", "footer", "figure"),
    *("figcaption", "table", "thead", "tbody", "tr", "th", "td"),
    *("svg", "g", "path", "rect", "circle", "use", "text", "clipPath", "desc", "defs"),
    *("a", "script", "label", "input", "select", "option", "button"),
}
ACTIVE = {"style", "src", "srcset", "action", "formaction", "xlink:href", "background", "http-equiv"}


def _chromium() -> str | None:
    return os.environ.get("VOC_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = _chromium()
    if path is None:
        message = "Chromium is not installed: apt-get install chromium, or name one in VOC_CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # The sandbox needs rights that containers lack; the page is our own.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class _Watched:
    """A page that was opened from a file, and everything that it did."""

    def __init__(self, browser: Browser, file: Path, width: int) -> None:
        self.page: Page = browser.new_page(viewport={"width": width, "height": 800})
        self.messages: list[str] = []
        self.requests: list[str] = []
        self.url = file.as_uri()
        self.page.on("console", lambda message: self.messages.append(message.text))
        self.page.on("pageerror", lambda error: self.messages.append(str(error)))
        self.page.on("dialog", lambda dialog: self.messages.append(dialog.message))
        self.page.on("popup", lambda popup: self.messages.append(popup.url))
        self.page.on("request", lambda request: self.requests.append(request.url))
        # Chromium tells of blocked styles only in the console; the event tells of everything that the policy blocked.
        self.page.add_init_script(
            "window.blocked = []; document.addEventListener('securitypolicyviolation',"
            " e => window.blocked.push(e.violatedDirective + ' ' + e.blockedURI))"
        )
        self.page.goto(self.url)
        self.page.wait_for_timeout(100)

    def overflow(self) -> list[str]:
        """What stands out of the page at the right, except inside boxes that scroll by themselves."""
        found: list[str] = self.page.evaluate(
            """() => [...document.querySelectorAll('body *')]
            .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
            .filter(e => !e.closest('.scroll') && !e.closest('.hidden') && !e.closest('svg'))
            .map(e => e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 40))"""
        )
        return found

    def width(self) -> tuple[int, int]:
        wide, shown = self.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        return int(wide), int(shown)


def _open(browser: Browser, folder: Path, inputs: ReportInputs, language: str = "en", width: int = 1280) -> _Watched:
    file = folder / f"{language}.html"
    file.write_text(render_html(build_report(inputs), language), "utf-8")
    return _Watched(browser, file, width)


def _every_state() -> dict[str, ReportInputs]:
    base = fixed.inputs()
    first = build_report(fixed.with_rows(base, fixed.week_rows((*fixed.DOCUMENTS[:-1], 400))))
    return {
        "usual": base,
        "whole": fixed.whole_inputs(),
        "empty": fixed.no_data_inputs(),
        "partial": fixed.with_rows(base, fixed.week_rows(last_partial=True)),
        "restated": replace(base, previous=first),
        "hostile": fixed.hostile_inputs(),
    }


@pytest.mark.parametrize("width", [1280, 375])
def test_payloads_in_every_field_stay_text(browser: Browser, tmp_path: Path, width: int) -> None:
    watched = _open(browser, tmp_path, fixed.hostile_inputs(), width=width)
    page = watched.page
    assert watched.messages == []
    assert page.evaluate("window.blocked") == []
    assert watched.requests == [watched.url]
    assert "Why customers leave" in page.title()
    tags = set(page.evaluate("[...document.querySelectorAll('*')].map(e => e.localName)"))
    assert tags <= TAGS
    names = set(page.evaluate("[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames())"))
    assert not [
        name for name in names if name.startswith("on") or name in ("style", "src", "srcset", "action", "xlink:href")
    ]
    hrefs = page.evaluate("[...document.querySelectorAll('[href]')].map(e => e.getAttribute('href'))")
    assert all(href.startswith("#") for href in hrefs)
    body = page.inner_text("body")
    for payload in fixed.HOSTILE[:5]:
        assert " ".join(payload.split()) in " ".join(body.split())
    assert "\u202e" not in body
    for x, y in ((100, 50), (200, 300), (300, 600)):  # handlers that wait for the mouse
        page.mouse.move(x, y)
    assert watched.messages == []


def test_the_policy_is_in_force(browser: Browser, tmp_path: Path) -> None:
    """The test above can fail: a page with a script, a style and an image of its own is stopped and seen."""
    bad = "<script>document.title='owned'</script><p style='color:red'>x</p><img src='http://127.0.0.1:9/a.png'>"
    file = tmp_path / "bad.html"
    file.write_text(render_html(build_report(fixed.inputs()), "en").replace("<main", f"{bad}<main", 1), "utf-8")
    watched = _Watched(browser, file, 1280)
    assert _shown(watched.page, ".tools") == 1  # our own script runs
    assert "owned" not in watched.page.title()
    assert len(watched.messages) == 3
    blocked = " ".join(watched.page.evaluate("window.blocked"))
    for directive in ("script-src", "style-src", "img-src"):
        assert directive in blocked


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", _every_state())
def test_nothing_stands_out_of_the_page(browser: Browser, tmp_path: Path, state: str, language: str) -> None:
    watched = _open(browser, tmp_path, _every_state()[state], language)
    for width in (1280, 800, 375):
        watched.page.set_viewport_size({"width": width, "height": 800})
        wide, shown = watched.width()
        assert (wide, watched.overflow()) == (shown, []), width
    assert watched.messages == []
    assert watched.page.evaluate("window.blocked") == []
    watched.page.close()


def test_the_styles_reach_the_page_and_its_charts(browser: Browser, tmp_path: Path) -> None:
    page = _open(browser, tmp_path, fixed.inputs()).page
    tiles = page.locator(".tile")
    boxes = [tiles.nth(i).bounding_box() for i in range(tiles.count())]
    assert len(boxes) == 5
    assert len({box["y"] for box in boxes if box}) == 1  # one row
    assert all(box and box["y"] + box["height"] < 800 for box in boxes)  # on the first screen
    line = page.locator('.chart path[stroke="#a63c06"]').first
    assert line.evaluate("e => getComputedStyle(e).stroke") == "rgb(166, 60, 6)"
    assert page.locator(".chart").count() == 5
    text = page.locator(".chart text").first
    assert "DejaVu" not in text.evaluate("e => getComputedStyle(e).fontFamily")


# Every rule of WCAG 2.2 up to AA that axe knows (contrast among them), and its own good practice.
AXE = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_no_fault(browser: Browser, tmp_path: Path, language: str, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    watched = _open(browser, tmp_path, fixed.inputs(), language, width)
    watched.page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    result = Axe().run(watched.page, options=AXE)
    assert result.violations_count == 0, result.generate_report()
    assert len(result.response["passes"]) > 25
    assert {"color-contrast", "region", "label"} <= {rule["id"] for rule in result.response["passes"]}
    watched.page.close()


def test_axe_can_find_a_fault(browser: Browser, tmp_path: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    file = tmp_path / "pale.html"
    pale = resource("report.css").replace("--soft: #4a5560", "--soft: #aab4bd")
    file.write_text(html_page(build_report(fixed.inputs()), "en", pale), "utf-8")
    result = Axe().run(_Watched(browser, file, 1280).page, options=AXE)
    assert "color-contrast" in {rule["id"] for rule in result.response["violations"]}


def test_the_index_is_accessible_and_fits(browser: Browser, tmp_path: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    forms = tuple(f"report.{form}" for form in ("html", "json", "md", "pdf", "xlsx"))
    entries = [Entry("2026-W46", forms, build_report(fixed.inputs())), Entry("2026-W45", forms, None)]
    entries.append(Entry("all", forms, build_report(fixed.hostile_inputs())))
    file = tmp_path / "index.html"
    file.write_text(render_index(entries, "zh-Hans"), "utf-8")
    watched = _Watched(browser, file, 1280)
    for width in (1280, 375):
        watched.page.set_viewport_size({"width": width, "height": 800})
        wide, shown = watched.width()
        assert (wide, watched.overflow()) == (shown, []), width
        result = Axe().run(watched.page, options=AXE)
        assert result.violations_count == 0, result.generate_report()
    assert watched.messages == []


def _shown(page: Page, selector: str) -> int:
    return int(page.locator(f"{selector}:visible").count())


def test_filters_narrow_quotes_cases_and_themes(browser: Browser, tmp_path: Path) -> None:
    page = _open(browser, tmp_path, fixed.inputs()).page
    every = (_shown(page, ".quote"), _shown(page, ".themes tbody tr"), _shown(page, ".callbacks tbody tr"))
    assert min(every) >= 3
    page.select_option("select[data-key=d]", "neglect")
    assert _shown(page, ".themes tbody tr") == 1
    assert _shown(page, ".callbacks tbody tr") == 2
    assert _shown(page, ".group.entry-group") == 1
    assert "Entries shown" in page.inner_text(".status")
    page.select_option("select[data-key=l]", "zh-Hans")
    quotes = page.locator(".groups .quote:visible")
    assert [q.get_attribute("data-l") for q in quotes.all()] == ["zh-Hans"] * quotes.count()
    assert _shown(page, ".callbacks tbody tr") == 1
    page.select_option("select[data-key=c]", "call")
    assert _shown(page, ".quote") == 0
    page.click(".clear")
    assert (_shown(page, ".quote"), _shown(page, ".themes tbody tr"), _shown(page, ".callbacks tbody tr")) == every
    assert page.inner_text(".status") == ""
    page.select_option("select[data-key=p]", "ferry")
    assert 0 < _shown(page, ".quote") < every[0]


def test_search_reads_words_and_names_in_both_scripts(browser: Browser, tmp_path: Path) -> None:
    page = _open(browser, tmp_path, fixed.inputs()).page
    page.fill(".tools input", "石沉大海")
    assert _shown(page, ".quote") >= 1
    assert all("石沉大海" in text for text in page.locator(".quote:visible").all_inner_texts())
    page.fill(".tools input", "STAFF AT THE GATE")
    assert page.locator(".themes tbody tr:visible").all_inner_texts()[0].startswith("staff at the gate")
    page.fill(".tools input", "<b>nothing like it</b>")
    assert _shown(page, ".quote") == _shown(page, ".themes tbody tr") == 0
    assert page.inner_text(".status").startswith("Entries shown: 0 of")


def test_a_tile_and_a_place_lead_to_the_words_behind_them(browser: Browser, tmp_path: Path) -> None:
    page = _open(browser, tmp_path, fixed.inputs()).page
    page.click(".tile a[data-d=neglect]")
    assert page.url.endswith("#q-neglect")
    assert page.input_value("select[data-key=d]") == "neglect"
    assert page.locator("#q-neglect").bounding_box()["y"] >= page.locator(".tools").bounding_box()["height"]  # type: ignore[index]
    page.click(".places a[data-c=call]")
    assert page.input_value("select[data-key=c]") == "call"
    assert {q.get_attribute("data-c") for q in page.locator(".groups .quote:visible").all()} == {"call"}


def test_tables_sort_by_number_and_by_name(browser: Browser, tmp_path: Path) -> None:
    page = _open(browser, tmp_path, fixed.inputs()).page
    head = page.locator(".themes th[data-sort=num]")

    def counts() -> list[int]:
        return [int(text.split()[-1]) for text in page.locator(".themes td.num").all_inner_texts()]

    assert counts() == [61, 44, 38, 21]
    head.get_by_role("button").click()
    assert (counts(), head.get_attribute("aria-sort")) == ([61, 44, 38, 21], "descending")
    head.get_by_role("button").press("Enter")
    assert (counts(), head.get_attribute("aria-sort")) == ([21, 38, 44, 61], "ascending")
    page.locator(".callbacks th[data-sort=text]").nth(2).get_by_role("button").click()
    days = [td.get_attribute("data-v") for td in page.locator(".callbacks td[data-v]").all()]
    assert days == sorted(days)  # type: ignore[type-var]


def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser, tmp_path: Path) -> None:
    page = _open(browser, tmp_path, fixed.inputs()).page
    reached = []
    for _ in range(24):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                """() => { const e = document.activeElement, s = getComputedStyle(e);
                return [e.className || e.localName, s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]; }"""
            )
        )
    assert all(outlined for _, outlined in reached), reached
    names = [name for name, _ in reached]
    assert names[0] == "skip"
    assert {"drill", "input", "select", "clear", "scroll", "sort"} <= set(names)


def test_everything_is_there_without_scripts(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "plain.html"
    file.write_text(render_html(build_report(fixed.inputs()), "en"), "utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert _shown(page, ".tools") == _shown(page, "button") == 0
    assert _shown(page, ".quote") == page.locator(".quote").count() > 10
    page.click(".tile a[data-d=neglect]")
    assert page.url.endswith("#q-neglect")
    context.close()


def test_print_puts_the_summary_on_one_page(browser: Browser, tmp_path: Path) -> None:
    from pypdf import PdfReader

    watched = _open(browser, tmp_path, fixed.inputs())
    first, second = (
        p.extract_text() for p in PdfReader(io.BytesIO(watched.page.pdf(prefer_css_page_size=True))).pages[:2]
    )
    assert "Who was heard" in first and "Every number with its test" not in first
    assert "Every number with its test" in second and "Search in this report" not in second


def test_print_keeps_charts_and_rows_whole(browser: Browser, tmp_path: Path) -> None:
    watched = _open(browser, tmp_path, fixed.inputs())
    watched.page.emulate_media(media="print")
    for selector in (".charts figure", ".tile", "tr", ".quote"):
        inside = watched.page.locator(selector).first.evaluate("e => getComputedStyle(e).breakInside")
        assert inside == "avoid", selector
    assert watched.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    assert watched.messages == []
