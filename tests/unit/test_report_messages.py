from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from string import Formatter

import pytest

from tests import report_inputs as fixed
from voc.errors import UsageError
from voc.report import html, markdown, view
from voc.report.build import build_report
from voc.report.messages import LANGUAGES, Messages, load_messages

# Tables whose keys are codes that come from data.
CODES = ("channel.", "language.", "status.", "reject.", "state.", "part.")
SIMPLIFIED_ONLY = "们个这为关没时间说图书华义实业东车长门开发复术见观话认语误读调课谁请诉记让设访评词译试详该详语调谈谢"
TRADITIONAL_ONLY = "們個這為關沒時間說圖書華義實業東車長門開發復術見觀話認語誤讀調課誰請訴記讓設訪評詞譯試詳該談謝"


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_languages_hold_the_same_keys_and_placeholders(language: str) -> None:
    english, other = load_messages("en").texts, load_messages(language).texts
    assert list(english) == list(other)
    optional = {"month", "month2", "year", "year2"}  # a span may name the year once
    for key, text in english.items():
        free = optional if key.startswith("span.") else set()
        assert _placeholders(text) - free == _placeholders(other[key]) - free, key
        assert other[key] or key == "format.gap", key


def test_each_script_is_its_own() -> None:
    simplified = "".join(load_messages("zh-Hans").texts.values())
    traditional = "".join(load_messages("zh-Hant").texts.values())
    same = set(SIMPLIFIED_ONLY) & set(TRADITIONAL_ONLY)
    assert not (set(SIMPLIFIED_ONLY) - same) & set(traditional)
    assert not (set(TRADITIONAL_ONLY) - same) & set(simplified)
    assert not re.search(r"[\u4e00-\u9fff]", "".join(load_messages("en").texts.values()))


class _Recorder(Mapping[str, str]):
    """Notes which texts were asked for."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts, self.used = texts, set[str]()

    def __getitem__(self, key: str) -> str:
        self.used.add(key)
        return self.texts[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def __len__(self) -> int:
        return len(self.texts)


def test_no_message_is_unused(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = _Recorder(load_messages("en").texts)
    for module in (html, markdown, view):
        monkeypatch.setattr(module, "load_messages", lambda language: Messages(language, recorder))
    base = fixed.inputs()
    falling = [list(c) for c in fixed.COUNTS]
    falling[1][-1], falling[0][-1] = 15, 2
    rising = [list(c) for c in fixed.COUNTS]
    rising[0][-1], rising[8][-1] = 60, 60
    falling[8][-1] = 1
    praise = replace(base.themes.themes[0], side="praise")
    first = build_report(replace(base, rows=fixed.week_rows()[1:]))
    cases = [
        base,
        fixed.whole_inputs(),
        replace(fixed.whole_inputs(), callbacks=()),
        fixed.no_data_inputs(),
        replace(base, rows=fixed.week_rows(last_partial=True)),
        replace(base, rows=fixed.week_rows(counts=falling), callbacks=()),
        replace(base, rows=fixed.week_rows(counts=rising)),
        replace(base, rows=fixed.week_rows([400] * 3, [c[:3] for c in fixed.COUNTS])),
        replace(base, rows=fixed.week_rows([50], [[0]] * 9)),
        replace(base, rows=fixed.week_rows([400] * 8 + [5], [[4] * 8 + [2]] * 9)),
        replace(
            base, rows=fixed.week_rows([100] * 40, [[5] * 40] * 9), themes=replace(base.themes, themes=(praise,) * 13)
        ),
        replace(base, previous=first),
        replace(base, coverage=replace(base.coverage, start="2025-12-01")),
        replace(base, week="2026-W44", rows=fixed.week_rows(last="2026-W44")),
        replace(base, week="2026-W53", rows=fixed.week_rows(last="2026-W53")),
    ]
    for inputs in cases:
        report = build_report(inputs)
        html.render_html(report, "en")
        markdown.render_markdown(report, "en")
    unused = {key for key in recorder.texts if not key.startswith(CODES)} - recorder.used
    assert unused == set()


def test_an_unknown_language_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="zh-Hant"):
        load_messages("de")


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0.0%"), (0.0004, "<0.1%"), (0.0005, "0.1%"), (0.1234, "12.3%"), (1.0, "100.0%"), (None, "–")],
)
def test_percent(share: float | None, text: str) -> None:
    assert load_messages("en").percent(share) == text


@pytest.mark.parametrize(
    ("language", "change", "text"),
    [
        ("en", 0.041, "+4.1 pp"),
        ("en", -0.0123, "−1.2 pp"),
        ("en", 0.0002, "±0.0 pp"),
        ("zh-Hans", 0.041, "+4.1 个百分点"),
        ("zh-Hant", -0.041, "−4.1 個百分點"),
        ("en", None, "–"),
    ],
)
def test_points(language: str, change: float | None, text: str) -> None:
    assert load_messages(language).points(change) == text


def test_days() -> None:
    en, hans = load_messages("en"), load_messages("zh-Hans")
    assert en.day("2026-11-09") == "9 Nov 2026"
    assert hans.day("2026-11-09") == "2026年11月9日"
    assert (en.day(None), en.day("soon")) == ("–", "soon")
    spans = [
        (date(2026, 11, 9), date(2026, 11, 15), "9–15 Nov 2026", "2026年11月9日至15日"),
        (date(2026, 10, 26), date(2026, 11, 1), "26 Oct – 1 Nov 2026", "2026年10月26日至11月1日"),
        (date(2026, 12, 28), date(2027, 1, 3), "28 Dec 2026 – 3 Jan 2027", "2026年12月28日至2027年1月3日"),
    ]
    for first, last, english, chinese in spans:
        assert en.days(first, last) == english
        assert hans.days(first, last) == chinese


def test_names_fall_back_and_abbreviations_keep_their_capitals() -> None:
    en, hant = load_messages("en"), load_messages("zh-Hant")
    assert hant.name({"en": "Neglect", "zh-Hans": "忽视"}) == "忽视"
    assert en.inline({"en": "Neglect"}) == "neglect"
    assert en.inline({"en": "KYC errors"}) == "KYC errors"
    assert en.inline({"en": "A"}) == "A"
    assert en.name({"fr": "Oubli"}) == "Oubli"
