from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import report_inputs as fixed
from voc.report.build import build_report, shorten
from voc.report.value import MIN_BASELINE, CallBack, Report
from voc.results import ThemeResult


def _with(rows: list, **changes: object) -> Report:  # type: ignore[type-arg]
    return build_report(replace(fixed.with_rows(fixed.inputs(), rows), **changes))  # type: ignore[arg-type]


def test_a_driver_with_a_new_signal_is_the_verdict() -> None:
    report = build_report(fixed.inputs())
    v = report.verdict
    assert (v.kind, v.series, v.driver, v.direction, v.also) == ("moved", "neglect.complaint", "neglect", "up", ())
    assert (v.tests, v.since, v.baseline_weeks) == (9, "2026-W46", 18)
    cell = report.cell("neglect.complaint")
    assert cell is not None and cell.share is not None and cell.raw_share == round(35 / 412, 6)
    known = report.corrections["neglect.complaint"]
    assert known.gap == pytest.approx(0.79) and known.documents == sum(fixed.DOCUMENTS) and known.audited == 0
    assert v.share == cell.share == pytest.approx(known.share + (35 / 412 - known.counted) / 0.79, abs=3e-6)
    assert v.change == pytest.approx(v.share - v.baseline, abs=2e-6)  # type: ignore[operator]
    assert v.p < v.q < 0.01 and v.low < v.share < v.high  # type: ignore[operator]
    assert report.signals["neglect.complaint"] == "up"
    assert report.signals["discourtesy.complaint"] == "none"
    uncorrected = report.cell("unknowledgeable.complaint")
    assert uncorrected is not None and uncorrected.share == uncorrected.raw_share
    assert "unknowledgeable.complaint" not in report.errors


def test_a_fall_and_a_second_mover_are_named_the_surest_first() -> None:
    counts = [list(series) for series in fixed.COUNTS]
    counts[1][-1], counts[4][-1] = 9, 30  # complaints about incompetence and praise of courtesy fall
    v = _with(fixed.week_rows(counts=counts)).verdict
    assert (v.kind, v.driver, v.direction) == ("moved", "incompetence", "down")
    assert v.also == ("discourtesy.praise", "neglect.complaint")


def test_a_signal_is_new_once_and_then_stands() -> None:
    documents = (*fixed.DOCUMENTS, 405, 398)
    counts = [[*series, series[-1], series[-1]] for series in fixed.COUNTS]
    report = _with(fixed.week_rows(documents, counts, last="2026-W48"))
    v = report.verdict
    assert (v.kind, v.series, v.since) == ("standing", "neglect.complaint", "2026-W46")
    alarm = report.alarm("neglect.complaint")
    assert alarm is not None and (alarm.state, alarm.weeks) == ("stands", 3)


def test_without_a_signal_the_largest_difference_is_named_and_no_direction() -> None:
    rows = fixed.week_rows(fixed.DOCUMENTS[:-2], [c[:-2] for c in fixed.COUNTS], last="2026-W44")
    v = _with(rows).verdict
    assert (v.kind, v.direction, v.also, v.tests) == ("steady", "none", (), 9)
    cells = {label: rows[-1].cells[label].change for label in fixed.TAXONOMY.complaint_labels}
    assert v.driver == max(cells, key=lambda label: abs(cells[label] or 0)).partition(".")[0]


@pytest.mark.parametrize("weeks", range(1, MIN_BASELINE + 3))
def test_nothing_is_called_a_change_with_too_few_weeks_before(weeks: int) -> None:
    documents, counts = [400] * weeks, [[4] * (weeks - 1) + [90] for _ in fixed.LABELS]
    report = _with(fixed.week_rows(documents, counts))
    enough = weeks - 1 >= MIN_BASELINE
    assert report.verdict.kind == ("moved" if enough else "short_baseline")
    assert set(report.signals.values()) == ({"up"} if enough else {"untested"})
    assert report.verdict.driver == ("discourtesy" if weeks > 1 else "unknowledgeable")  # by what is shown
    assert {t.reason for t in report.weeks[-1].trends.values()} == ({None} if enough else {"few_weeks"})


@pytest.mark.parametrize(("documents", "tested"), [(9, False), (160, True)])
def test_nothing_is_called_a_change_in_a_handful_of_feedback(documents: int, tested: bool) -> None:
    """Four weeks of 160 with 1% give the power for a tripled share, four of 9 do not."""
    counts = [[4] * 9 + [documents] for _ in fixed.LABELS]
    report = _with(fixed.week_rows([400] * 9 + [documents], counts))
    assert report.verdict.kind == ("moved" if tested else "few")
    assert set(report.signals.values()) == ({"up"} if tested else {"untested"})


def test_a_partial_week_is_not_compared() -> None:
    report = _with(fixed.week_rows(last_partial=True))
    assert (report.verdict.kind, report.verdict.driver, report.verdict.change) == ("partial", "incompetence", None)
    assert set(report.signals.values()) == {"untested"}
    assert {(t.p, t.reason) for t in report.weeks[-1].trends.values()} == {(None, "partial")}


def test_the_sentence_names_what_the_tiles_show_largest() -> None:
    """More are counted of incompetence, but most of that is what the classifier finds wrongly."""
    inputs = fixed.whole_inputs()
    row = inputs.rows[0]
    cells = dict(row.cells)
    cells["incompetence.complaint"] = replace(cells["incompetence.complaint"], k=300, share=0.12)
    cells["discourtesy.complaint"] = replace(cells["discourtesy.complaint"], k=250, share=0.25)
    report = build_report(replace(inputs, rows=[replace(row, cells=cells)]))
    assert (report.verdict.driver, report.verdict.share) == ("discourtesy", 0.25)


def test_the_whole_has_the_most_frequent_driver_and_no_signals() -> None:
    report = build_report(fixed.whole_inputs())
    assert (report.verdict.kind, report.verdict.driver) == ("whole", "incompetence")
    assert set(report.signals.values()) == {"untested"}
    assert report.current is not None


@pytest.mark.parametrize("rows", [[], "empty week"])
def test_a_week_without_feedback_or_no_week_at_all(rows: object) -> None:
    report = build_report(fixed.no_data_inputs()) if rows else _with([])
    assert report.verdict.kind == "empty"
    assert report.verdict.driver is None


def test_no_complaint_at_all() -> None:
    report = _with(fixed.week_rows([50], [[0]] * len(fixed.LABELS)))
    assert (report.verdict.kind, report.verdict.driver) == ("short_baseline", None)


def test_shares_have_six_decimals_and_no_negative_zero() -> None:
    for row in build_report(fixed.inputs()).weeks:
        for cell in row.cells.values():
            for value in (cell.raw_share, cell.share, cell.low, cell.high, cell.change):
                assert value is None or value == round(value, 6)
                assert str(value) != "-0.0"


def test_themes_are_in_order_of_size_and_missing_quotes_are_left_out() -> None:
    base = fixed.inputs()
    shuffled = ThemeResult(tuple(reversed(base.themes.themes)), 9, 1)
    report = build_report(replace(base, themes=shuffled, theme_quotes={}))
    assert [t.id for t in report.themes.themes] == ["t1", "t2", "t3", "t4"]
    assert all(t.quotes == () for t in report.themes.themes)


def test_a_theme_without_an_english_label_gets_one() -> None:
    base = fixed.inputs()
    theme = replace(base.themes.themes[0], labels={"zh-Hans": "没人回复"})
    nameless = replace(theme, labels={})
    report = build_report(replace(base, themes=ThemeResult((theme, nameless), 9, 1)))
    assert [t.labels["en"] for t in report.themes.themes] == ["没人回复", "t1"]


def test_quotes_of_a_driver_are_of_different_documents_and_new_ones_come_first() -> None:
    twin = replace(fixed.NEGLECT[3], key="f" * 32)
    report = build_report(replace(fixed.inputs(), quotes={"neglect": [*fixed.NEGLECT, twin, fixed.NEGLECT[0]]}))
    texts = [q.text for q in report.quotes["neglect"]]
    assert texts[0] == fixed.NEGLECT[3].text  # the one that no theme shows
    assert len(texts) == len(set(texts)) == 3
    assert report.quotes["discourtesy"] == ()


def test_everything_that_data_names_is_cleaned_and_short() -> None:
    quote = fixed.quote(1, "a\u202eb\x00c " + "長" * 500)
    dirty = replace(quote, id="x\u2066" * 200, channel="c\x1b[0m", language="e\u200en")
    base = fixed.inputs()
    theme = replace(
        base.themes.themes[0], id="t\x00", state="n\u202ew", driver="d\u202d", labels={"en": "l\u202ei" * 99}
    )
    report = build_report(
        replace(
            base,
            company="Har\u202ebour",
            quotes={"neglect": [dirty]},
            callbacks=[CallBack(dirty, ("d\u202e",))],
            themes=ThemeResult((theme,), 1, 0),
            coverage=replace(base.coverage, sources={"a\u202e.csv": 1, "a.csv": 2}),
        )
    )
    shown = repr(report)
    assert not any(
        char in shown for char in ("\u202e", "\u2066", "\u200e", "\u202d", "\\x00", "\\x1b", "\\u202e", "\\u2066")
    )
    assert report.company == "Harbour"
    assert report.coverage.sources == {"a.csv": 3}
    text = report.quotes["neglect"][0].text
    assert text.endswith("…")
    assert len(text) < 150
    assert report.callbacks[0].drivers == ("d",)


@given(st.text(max_size=400), st.integers(4, 300))
def test_shorten_keeps_a_prefix_within_the_width(text: str, width: int) -> None:
    short = shorten(text, width)
    assert short == text or (short.endswith("…") and text.startswith(short[:-1].rstrip()))
    assert sum(2 if c >= "\u2e80" else 1 for c in short.removesuffix("…")) <= width


def test_the_first_report_is_revision_one() -> None:
    report = build_report(fixed.inputs())
    assert (report.revision, report.restates) == (1, None)


def test_nothing_new_is_the_same_revision() -> None:
    first = build_report(fixed.inputs())
    assert build_report(replace(fixed.inputs(), previous=first)) == first
    second = build_report(replace(fixed.inputs(), company="Other", previous=first))
    assert build_report(replace(fixed.inputs(), company="Other", previous=second)) == second


def test_late_feedback_makes_a_revision_that_says_what_it_restates() -> None:
    documents = (*fixed.DOCUMENTS[:-2], 410, 412)
    counts = [list(series) for series in fixed.COUNTS]
    counts[3][-2] += 1
    first = build_report(fixed.inputs())
    late = _with(fixed.week_rows(documents, counts), previous=first)
    assert late.revision == 2
    assert late.restates is not None
    assert late.restates.revision == 1
    assert set(late.restates.parts) == {"weeks", "verdict", "changes", "alarms", "corrections"}
    by = {f.series: f for f in late.restates.figures}
    assert {f.week for f in late.restates.figures} == {"2026-W45"}
    assert (by["documents"].before, by["documents"].after) == ((409, 409), (410, 410))
    assert (by["neglect.complaint"].before, by["neglect.complaint"].after) == ((24, 409), (25, 410))


def test_a_week_that_the_earlier_revision_lacked_is_restated_as_absent() -> None:
    first = build_report(replace(fixed.inputs(), rows=fixed.week_rows()[1:]))
    late = build_report(replace(fixed.inputs(), previous=first))
    assert late.restates is not None
    assert {(f.week, f.before) for f in late.restates.figures} == {("2026-W27", None)}


def test_only_the_last_104_weeks_are_kept() -> None:
    rows = fixed.week_rows([100] * 120, [[5] * 120 for _ in fixed.LABELS])
    report = _with(rows)
    assert len(report.weeks) == 104
    assert report.weeks[-1].week == fixed.WEEK


def test_the_report_tests_from_as_many_weeks_as_the_engine() -> None:
    from voc.trends import change

    assert MIN_BASELINE == change.MIN_BASELINE


def test_parts_of_fewer_than_five_documents_stay_out_of_the_report() -> None:
    for part in (p for c in build_report(fixed.inputs()).changes for p in c.where.parts):
        assert part.n >= 5 or (part.k, part.change, part.customers) == (None, None, None)
