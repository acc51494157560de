"""The small reports of ranges and months: three languages, one content, nothing that came from data is markup."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import date
from string import Formatter

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from voc.ranges import FEW, NOTHING, Comparison, Difference, Level, Range, Side, ThemeMove
from voc.report import pdf, ranges_out, ranges_view, xlsx_ranges
from voc.report.loop_value import ActionRow, CaseRow
from voc.report.messages import LANGUAGES, Messages, load_messages
from voc.report.ranges import COMPARE, MONTH, Month, RangeReport, cleaned_ranges, render_ranges_json
from voc.report.ranges_out import render_ranges_html, render_ranges_markdown, render_ranges_pdf
from voc.report.ranges_page import range_messages
from voc.report.value import DriverName
from voc.report.xlsx_ranges import render_ranges_xlsx
from voc.results import Alarm, Part
from voc.taxonomy import default_taxonomy

TAXONOMY = default_taxonomy()
HOSTILE = "<script>alert(1)</script>"
WEEKS = (Range("2026-W44", "2026-10-26", "2026-11-01"), Range("2026-W45..2026-W46", "2026-11-02", "2026-11-15"))
MONTHS = (Range("2026-09", "2026-09-01", "2026-09-30"), Range("2026-10", "2026-10-01", "2026-10-31"))


def difference(series: str, before: int, after: int, **changed: object) -> Difference:
    shares = [Level(100, k, k / 100, max(0, k / 100 - 0.05), k / 100 + 0.06, k) for k in (before, after)]
    change = (after - before) / 100
    parts = (Part("channel", "call", 40, 12, 0.1, 11), Part("product", HOSTILE, 4, None, None, None))
    found = Difference(series, *shares, change, change - 0.05, change + 0.05, 0.0, 0.2, 0.4, None, parts)
    return replace(found, **changed)  # type: ignore[arg-type]


def report(
    kind: str = COMPARE, *series: Difference, heard: int = 100, themes: tuple[ThemeMove, ...] = ()
) -> RangeReport:
    spans = WEEKS if kind == COMPARE else MONTHS
    sides = [
        Side(span, n, n, 90 if n else None, partial, {"call": n, "review": 6} if n else {}, {"en": n} if n else {})
        for span, n, partial in zip(spans, (heard, 100), (False, True), strict=True)
    ]
    drivers = tuple(DriverName(d.key, d.name, d.praise_name) for d in TAXONOMY.drivers)
    rows = series or (difference("neglect.complaint", 10, 30, p=1e-5, q=1e-4),)
    return cleaned_ranges(
        RangeReport(
            kind, HOSTILE, "2026-11-12", "m@1", TAXONOMY.version, drivers, dict(TAXONOMY.leave_name),
            Comparison(*sides, tuple(rows), themes), (("language", "zh"),), ("leave",),
        )
    )  # fmt: skip


def theme(before: int, after: int, q: float) -> ThemeMove:
    return ThemeMove(
        f"t{before}-{after}-{q}", {"en": HOSTILE}, "neglect", "complaint", before, after, after > before, q, q
    )


THEMES = (
    theme(0, 9, 0.01), theme(9, 0, 0.01), theme(9, 40, 0.01), theme(40, 9, 0.01), theme(0, 3, 0.4), theme(3, 0, 0.4),
    replace(theme(5, 5, 0.9), side="praise"),
)  # fmt: skip
ALARM = Alarm("leave", "shift_up", "2026-W41", "2026-W43", 3, "stands", 0.2, 0.1, 0.001, 0.01)
ACTIONS = tuple(
    ActionRow(i, "neglect", HOSTILE if i else "", due, HOSTILE, "2026-10-02", done, 0.1, 0.2, signal)
    for i, (due, done, signal) in enumerate(
        [("2026-12-01", None, "up"), (None, "2026-10-20", "down"), (None, None, None)]
    )
)
CASE = CaseRow("c1", "d1", ("neglect",), "call", "Lead", "won_back", "2026-10-02", "2026-10-09", None)


def all_reports() -> list[RangeReport]:
    moved = difference("leave", 30, 10, p=1e-3, q=1e-2)
    steady = difference("leave", 10, 12, mix=0.015)
    month = Month((ALARM,), ACTIONS, (CASE,) * 20, {"won_back": 1})
    return [
        report(themes=THEMES),
        report(COMPARE, difference("neglect.complaint", 10, 30, p=1e-9, q=1e-9, mix=0.19), moved),
        report(COMPARE, difference("neglect.complaint", 10, 12, p=1e-9, q=1e-9, mix=-0.2)),
        report(COMPARE, difference("neglect.complaint", 10, 12, p=1e-9, q=1e-9, mix=0.2)),
        report(COMPARE, difference("leave", 10, 8, p=1e-9, q=1e-9, mix=-0.2)),
        report(COMPARE, moved, difference("courtesy.praise", 1, 9)),
        report(COMPARE, steady),
        replace(report(COMPARE, steady), corrected=()),
        report(COMPARE, difference("leave", 1, 1, p=None, q=None, reason=FEW)),
        report(MONTH, difference("leave", 1, 1, p=None, q=None, change=None, reason=NOTHING), heard=0),
        replace(report(MONTH), month=month),
        replace(report(MONTH), month=Month((), (), (), {})),
        replace(report(), segment=(("region", "north"),)),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_forms_in_all_languages(language: str) -> None:
    for value in all_reports():
        html = render_ranges_html(value, language, "Asia/Shanghai")
        text = render_ranges_markdown(value, language, "Asia/Shanghai")
        assert f'lang="{language}"' in html and HOSTILE not in html and "<script" not in text
        assert "{" not in text and "None" not in text
        assert html == render_ranges_html(value, language, "Asia/Shanghai")


def test_the_sentence_says_what_passed() -> None:
    rose = render_ranges_markdown(report(), "en", "UTC")
    assert "**Complaints about neglect rose from 10.0% to 30.0% of the feedback.**" in rose
    assert "# 2026-W45 to 2026-W46 against Week 44, 2026 · Part of the feedback" in rose
    assert "2026-W45 to 2026-W46 is not over" in rose
    steady = render_ranges_markdown(report(COMPARE, difference("leave", 10, 12)), "en", "UTC")
    assert "No difference passes its test" in steady
    hidden = report(COMPARE, difference("neglect.complaint", 10, 12, p=1e-9, q=1e-9, mix=0.2))
    assert "below what who was heard would give" in render_ranges_markdown(hidden, "en", "UTC")


def test_json_holds_what_the_page_says() -> None:
    found = json.loads(render_ranges_json(replace(report(MONTH), month=Month((ALARM,), ACTIONS, (CASE,), {"open": 1}))))
    assert (found["kind"], found["after"]["name"], found["after"]["partial"]) == ("month", "2026-10", True)
    assert found["series"][0]["sure"] and found["series"][0]["after"]["k"] == 30
    assert found["segment"] == {"language": "zh"} and found["month"]["alarms"][0]["since"] == "2026-W41"


def test_the_workbook_has_typed_cells_with_what_they_are_counted_of() -> None:
    month = Month((ALARM,), ACTIONS, (CASE,), {"won_back": 1})
    value = replace(report(MONTH, themes=THEMES), month=month)
    book = CalamineWorkbook.from_filelike(io.BytesIO(render_ranges_xlsx(value, "en", "UTC")))
    rows = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    assert list(rows)[1:] == [
        *("Shares", "Differences", "Where", "Themes", "Who was heard", "Signals", "Actions", "Cases"),
    ]
    facts = {str(row[0]): row[1] for row in rows["Report"]}
    assert facts["Verdict"] == "Complaints about neglect rose from 10.0% to 30.0% of the feedback."
    assert (facts["Range"], facts["Compared with"], facts["Series tested"]) == ("Oct 2026", "Sep 2026", 1)
    assert rows["Shares"][1][:6] == ["Neglect", "neglect.complaint", "Oct 2026", 30, 100, 0.3]
    assert rows["Differences"][1][2:5] == [0.2, 0.15, 0.25] and rows["Differences"][1][8] == "up"
    assert rows["Where"][1][:6] == ["Neglect", "neglect.complaint", "channel", "Call", 12, 40]
    assert rows["Where"][2][4] == ""  # under five is not told
    assert rows["Cases"][1][6] == date(2026, 10, 2) and "d1" not in str(rows["Cases"])
    assert rows["Actions"][1][6] == date(2026, 12, 1)
    again = render_ranges_xlsx(value, "en", "UTC")
    assert again == render_ranges_xlsx(value, "en", "UTC")
    assert [r[0] for r in rows["Themes"][1:]] == [t.id for t in value.comparison.themes]


@pytest.mark.skipif(pdf.unavailable() is not None, reason=f"no PDF can be made here: {pdf.PANGO}")
def test_the_pdf_says_what_the_page_says() -> None:
    data = render_ranges_pdf(report(), "en", "UTC")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    assert "rose from 10.0% to 30.0%" in " ".join(text.split()) and HOSTILE in text
    assert data == render_ranges_pdf(report(), "en", "UTC")


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_languages_hold_the_same_keys_and_placeholders(language: str) -> None:
    def placeholders(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    english, other = range_messages("en").texts, range_messages(language).texts
    assert list(english) == list(other)
    own = english.keys() - load_messages("en").texts.keys()
    assert all(placeholders(english[key]) == placeholders(other[key]) for key in own)
    assert not re.search(r"[\u4e00-\u9fff]", "".join(range_messages("en").texts[key] for key in own))


def test_no_message_is_unused(monkeypatch: pytest.MonkeyPatch) -> None:
    used = set[str]()

    class Recorded(Messages):
        def __call__(self, key: str, **values: object) -> str:
            used.add(key)
            return super().__call__(key, **values)

    recorded = Recorded("en", range_messages("en").texts)
    for module in (ranges_out, ranges_view, xlsx_ranges):
        monkeypatch.setattr(module, "range_messages", lambda language: recorded)
    for value in all_reports():
        render_ranges_html(value, "en", "UTC")
        render_ranges_markdown(value, "en", "UTC")
        render_ranges_xlsx(value, "en", "UTC")
    own = range_messages("en").texts.keys() - load_messages("en").texts.keys()
    assert sorted(own - used) == []
