from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from string import Formatter

import pytest

from tests import report_inputs as fixed
from tests.health_inputs import HEALTH
from tests.health_inputs import STATES as HEALTH_STATES
from tests.loop_inputs import LOOP
from tests.needs_inputs import COSTS, NEEDS, STATES, UNDATED_COSTS
from voc.documents import NOTICE
from voc.errors import UsageError
from voc.ranges import Filling
from voc.report import html, index, markdown, view, xlsx
from voc.report.build import ReportInputs, build_report
from voc.report.messages import LANGUAGES, Messages, load_messages
from voc.report.value import ModelChange, ModelStep, StaleFeed
from voc.results import LEAVE, Emergence, Part, WeekRow

pytestmark = pytest.mark.usefixtures("drawn_once")
# Tables whose keys are codes that come from data.
CODES = ("channel.", "language.", "status.", "reject.", "state.", "part.", "signal.", "fate.", "season.", "case_state.")
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


def _of_rows(base: ReportInputs) -> Iterator[ReportInputs]:
    """What the page says of weeks of every kind."""
    steady = [[9] * 40 for _ in fixed.LABELS]

    def with_last(*changed: tuple[int, list[int]], weeks: int = 40, **options: str) -> ReportInputs:
        counts = [list(series[:weeks]) for series in steady]
        for label, tail in changed:
            counts[label][-len(tail) :] = tail
        return fixed.with_rows(base, fixed.week_rows([400] * weeks, counts, **options))

    yield fixed.with_rows(base, fixed.week_rows(last_partial=True))
    yield with_last()
    yield with_last(weeks=3)
    yield with_last((0, [60]), (4, [50]), (8, [70]))  # complaint, praise and leave rose
    yield with_last((0, [0]))
    yield with_last((0, [0]), (4, [50]))
    yield with_last((0, [40, 38, 42, 39, 40, 41, 38, 40, 39]))  # a new baseline
    yield with_last((4, [0, 0, 0]), last="2026-W44")
    yield with_last((0, [40, 38, 42]), last="2026-W53")
    yield with_last((0, [80, 9]), (4, [50, 9]), (5, [0, 9]), (6, [0, 9]))  # carried, some silent
    yield with_last((0, [0, 0]), (1, [25, 9]))
    yield fixed.with_rows(base, fixed.week_rows([50], [[0]] * 9))
    yield fixed.with_rows(base, fixed.week_rows([400] * 9 + [5], [[4] * 9 + [2]] * 9))
    stood = with_last((3, [40, 38, 42, 39, 40, 41, 38, 40, 90]))
    located = [replace(base.places[0], mix=base.places[0].change, more=-3.0, customers=None)]
    yield replace(stood, places=located)
    yield replace(stood, places=[replace(base.places[0], parts=(Part("region", "north", 40, 12, 0.1, 11),))])
    few = tuple(replace(p, n=4, k=None, change=None, customers=None) for p in base.places[0].parts)
    standing = with_last((3, [40, 38, 42]))
    everything = dict.fromkeys(fixed.LABELS, (160.0, 40.0, 30.0, 2970.0))
    yield replace(standing, places=[replace(base.places[0], parts=few, mix=0.0)], errors=everything)


def _counted_too_often() -> list[WeekRow]:
    *rows, last = fixed.week_rows()
    cells = {label: replace(cell, share=(cell.raw_share or 0.0) / 2, low=0.0) for label, cell in last.cells.items()}
    return [*rows, replace(last, cells=cells)]


FORMS = tuple(f"report.{form}" for form in ("html", "json", "md", "pdf", "xlsx"))
EMERGENCE = Emergence(2, 14, 120, 1.5, 8, 1e-9, 1e-4, 13, ("review",), ("en",), "2026-11-02", 0.7, None, None)


PART = tuple((attribute, "x") for attribute in ("channel", "product", "region", "language"))
STOPPED = StaleFeed("calls-*.jsonl", "2026-10-02", 1.0)
FILLINGS = (
    Filling(1, 9, 0.4, 0.3, 0.5),
    Filling(1, 9, 0.4, 0.3, 0.5, 400, 380, 420),
    Filling(1, 9, 0.0, 0.0, 0.0, 900, 800, 950, drop=True),
)


def test_no_message_is_unused(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = _Recorder(load_messages("en").texts)
    for module in (html, index, markdown, view, xlsx):
        monkeypatch.setattr(module, "load_messages", lambda language: Messages(language, recorder))
    base = fixed.inputs()
    praise = replace(base.themes.themes[0], side="praise")
    placed = tuple(replace(praise, id=f"T{i}", side="complaint", place=(0.1 * i, 0.2), weekly=(1, i)) for i in range(3))
    first = build_report(replace(base, rows=fixed.week_rows()[1:]))
    cases = [
        base,
        fixed.whole_inputs(),
        replace(fixed.whole_inputs(), callbacks=()),
        fixed.no_data_inputs(),
        *_of_rows(base),
        replace(base, themes=replace(base.themes, themes=(praise,) * 13)),
        replace(base, themes=replace(base.themes, themes=(replace(praise, driver="other", emergence=EMERGENCE),))),
        replace(base, themes=replace(base.themes, themes=placed, weeks=("2026-W45", "2026-W46"))),
        replace(base, previous=first),
        replace(base, coverage=replace(base.coverage, start="2025-12-01")),
        replace(
            base,
            errors={},
            themes=replace(base.themes, themes=tuple(replace(t, state="known") for t in base.themes.themes)),
        ),
        replace(base, loop=replace(LOOP, actions=())),
        replace(base, loop=replace(LOOP, cases=())),
        fixed.with_rows(base, _counted_too_often()),
        fixed.with_rows(base, fixed.in_season(0.01)),
        replace(base, callbacks=base.callbacks[:1]),
        *(replace(base, coverage=replace(base.coverage, stale=feeds)) for feeds in ((), (STOPPED,))),
        replace(base, needs=NEEDS, costs=COSTS),
        *(replace(base, health=health) for health in (HEALTH, *HEALTH_STATES)),
        replace(fixed.whole_inputs(), health=HEALTH),
        *(replace(base, needs=axis, costs=UNDATED_COSTS) for axis in STATES),
        replace(base, quotes={"neglect": (replace(fixed.NEGLECT[0], text=NOTICE),)}),
        *(replace(base, segment=PART, filling=filling) for filling in FILLINGS),
        replace(
            base,
            by_hand=3,
            model_change=ModelChange("old@1", ("2026-W43", "2026-W46"), 9, (ModelStep(LEAVE, 2, 3, 2),)),
        ),
    ]
    for inputs in cases:
        report = build_report(inputs)
        html.render_html(report, "en")
        markdown.render_markdown(report, "en")
        xlsx.render_xlsx(report, "en")
        index.render_index(
            [index.Entry("a", FORMS, report), *(index.Entry("b", FORMS, None, kind) for kind in index.KINDS)], "en"
        )
    unused = {key for key in recorder.texts if not key.startswith(CODES)} - recorder.used
    assert sorted(unused) == []


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
