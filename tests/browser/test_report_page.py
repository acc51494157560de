"""The page in a real browser: under its policy, with payloads in every field, wide, narrow and in print."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import report_inputs as fixed
from voc.report.build import ReportInputs, build_report
from voc.report.html import render_html
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
    file.write_text(render_html(build_report(fixed.inputs()), "en").replace("<main>", f"<main>{bad}"), "utf-8")
    watched = _Watched(browser, file, 1280)
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


def test_print_keeps_charts_and_rows_whole(browser: Browser, tmp_path: Path) -> None:
    watched = _open(browser, tmp_path, fixed.inputs())
    watched.page.emulate_media(media="print")
    for selector in (".charts figure", ".tile", "tr", ".quote"):
        inside = watched.page.locator(selector).first.evaluate("e => getComputedStyle(e).breakInside")
        assert inside == "avoid", selector
    assert watched.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    assert watched.messages == []
