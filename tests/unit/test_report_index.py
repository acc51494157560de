"""The page of all reports: what lies beside it is what it lists."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests import report_inputs as fixed
from voc.errors import UsageError
from voc.pipeline.report_files import write_index
from voc.report.build import build_report
from voc.report.index import Entry, render_index
from voc.report.json_out import render_json
from voc.report.messages import LANGUAGES

FORMS = ("report.html", "report.json", "report.md", "report.xlsx")


class _Links(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.shown = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name == "href"]
        assert tag not in {"script", "link", "img"}

    def handle_data(self, data: str) -> None:
        self.shown += f" {data}"


def _write(folder: Path, name: str, text: str, forms: tuple[str, ...] = FORMS) -> None:
    (folder / name).mkdir()
    for form in forms:
        (folder / name / form).write_text(text if form == "report.json" else "", "utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_report_is_listed_with_all_its_forms(tmp_path: Path, language: str) -> None:
    _write(tmp_path, "2026-W46", render_json(build_report(fixed.inputs())))
    steady = fixed.with_rows(fixed.inputs(), fixed.week_rows()[:-2])
    _write(tmp_path, "2026-W44", render_json(build_report(steady)), (*FORMS, "report.pdf"))
    _write(tmp_path, "2026-W40", '{"schema": 99}')
    _write(tmp_path, "2026-10", "{}", ("month.html", "month.json"))
    (tmp_path / "notes").mkdir()
    write_index(tmp_path, language)
    page = _Links((tmp_path / "index.html").read_text("utf-8"))
    assert page.links == [
        *(f"2026-W46/report.{form}" for form in ("html", "xlsx", "md", "json")),
        *(f"2026-W44/report.{form}" for form in ("html", "pdf", "xlsx", "md", "json")),
        *(f"2026-W40/report.{form}" for form in ("html", "xlsx", "md", "json")),
        *(f"2026-10/month.{form}" for form in ("html", "json")),
    ]
    assert all((tmp_path / link).is_file() for link in page.links)
    said = {
        "en": (
            "Complaints about neglect rose to 10.3%",
            "▲ Neglect",
            "No signal",
            "written by another version",
            "A month beside",
        ),
        "zh-Hans": ("忽视", "▲ 忽视", "没有信号", "另一版本"),
        "zh-Hant": ("忽視", "▲ 忽視", "沒有訊號", "另一版本"),
    }[language]
    for words in said:
        assert words in " ".join(page.shown.split()), words
    before = (tmp_path / "index.html").read_bytes()
    write_index(tmp_path, language)
    assert (tmp_path / "index.html").read_bytes() == before
    assert not list(tmp_path.glob(".*.tmp"))


def test_names_of_folders_stay_text() -> None:
    name = "<img src=x onerror=1>' \"javascript:alert(1)"
    page = _Links(render_index([Entry(name, FORMS, build_report(fixed.hostile_inputs()))], "en"))
    assert [unquote(link) for link in page.links] == [f"{name}/report.{f}" for f in ("html", "xlsx", "md", "json")]
    assert not any(":" in link.partition("/")[0] for link in page.links)


def test_an_empty_folder_has_an_empty_index_and_an_unknown_language_is_refused() -> None:
    assert "<tbody>" in render_index([], "zh-Hant")
    with pytest.raises(UsageError):
        render_index([], "de")
