"""The pages of a hostile company in a real browser: no script, no request, and no element or attribute that those of
its harmless twin have not."""

from __future__ import annotations

import html
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.hostile.conftest import Company
from tests.hostile.outputs import known_names

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
_NAMES = """() => [...document.querySelectorAll('*')].flatMap(
    e => [e.localName, ...e.getAttributeNames().map(name => e.localName + ' ' + name)])"""
_TARGETS = (
    "() => [...document.querySelectorAll('[href], [src]')].map(e => e.getAttribute('href') ?? e.getAttribute('src'))"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = os.environ.get("VOC_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed: apt-get install chromium, or name one in VOC_CHROMIUM")
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def _pages(company: Company) -> dict[str, Path]:
    """Whatever the run and its commands wrote as pages, by their places."""
    return {p.relative_to(company.folder).as_posix(): p for p in company.files() if p.suffix == ".html"}


def _opened(browser: Browser, file: Path) -> tuple[set[str], list[str], list[str]]:
    """Elements and attributes of the page, what it did (messages, requests), and where its links lead."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    did: list[str] = []
    page.on("console", lambda message: did.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: did.append(f"error: {error}"))
    page.on("dialog", lambda dialog: did.append(f"dialog: {dialog.message}"))
    page.on("popup", lambda popup: did.append(f"popup: {popup.url}"))
    page.on("request", lambda request: did.append(f"request: {request.url}") if request.url != file.as_uri() else None)
    page.add_init_script(
        "window.blocked = []; document.addEventListener("
        "'securitypolicyviolation', e => window.blocked.push(e.blockedURI))"
    )
    page.goto(file.as_uri())
    for x, y in ((100, 50), (600, 300), (640, 780)):  # handlers that wait for the mouse
        page.mouse.move(x, y)
    page.keyboard.press("Tab")
    page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true })")
    page.wait_for_timeout(50)
    did += [f"blocked: {one}" for one in page.evaluate("window.blocked")]
    written = re.search(r"<title>(.*?)</title>", file.read_text("utf-8"), re.DOTALL)
    if written and " ".join(html.unescape(written[1]).split()) != page.title():
        did.append(f"the title became {page.title()!r}")
    found = set(page.evaluate(_NAMES)), did, page.evaluate(_TARGETS)
    page.close()
    return found


def test_pages_do_nothing_that_their_twins_do_not(browser: Browser, hostile: Company, twin: Company) -> None:
    pages, harmless = _pages(hostile), _pages(twin)
    assert len(pages) >= 3
    known = known_names(p.read_text("utf-8") for p in harmless.values())
    for file in harmless.values():
        names, did, _ = _opened(browser, file)
        assert did == []
        known |= names
    for place, file in pages.items():
        names, did, targets = _opened(browser, file)
        assert did == [], place
        assert names <= known, place
        assert all(re.fullmatch(r"#[\w-]*|\w[\w./-]*", target) for target in targets), place
        assert not {name for name in names if name.split(" ")[-1].startswith("on") or name.endswith(" style")}, place
