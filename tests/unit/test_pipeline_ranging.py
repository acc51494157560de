"""Reports over a store whose counts are known: segments, weeks that still fill, and shifts of who is heard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from test_pipeline_trending import LAST, MODEL, known, put

from voc.config import load_config
from voc.documents import Document
from voc.errors import UsageError
from voc.pipeline import parts, ranging, reporting, trending
from voc.pipeline.context import Context
from voc.pipeline.options import NoProgress, RunOptions
from voc.pipeline.spans import month_of
from voc.store import Store
from voc.weeks import Week

NEGLECT = "neglect.complaint"
WEEKS = 12


@pytest.fixture(autouse=True)
def _without_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voc.report.pdf.unavailable", lambda: "left out of this test, it takes seconds")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "w") as opened:
        yield opened


def documents(week: Week, n: int, k: int, name: str = "", **fields: Any) -> list[tuple[Document, frozenset[str]]]:
    """``n`` documents of a week, of which ``k`` complain of neglect."""
    given = {"channel": "review", "language": "en", "time": week.start.isoformat(), **fields}
    made = [Document(f"{week}{name}{i}", f"Text {week} {name} {i}.", "s", customer=f"c{i}", **given) for i in range(n)]
    return [(doc, frozenset([NEGLECT] if i < k else ())) for i, doc in enumerate(made)]


def context_of(store: Store, folder: Path, **options: Any) -> Context:
    given = {"week": str(LAST), "as_of": str(LAST.end + timedelta(days=1)), "out": folder, **options}
    return known(Context(RunOptions(store.workspace, **given), load_config(None), store, NoProgress()), {})


def report(context: Context) -> Any:
    trending.trends(context)
    reporting.report(context)
    return json.loads((Path(context.result.summary["report"]["folder"]) / "report.json").read_text("utf-8"))


def weekly(store: Store, late: int, last: int = 60) -> None:
    """Weeks of 100 documents, ``late`` of which come a week after the others; of the last week ``last`` are there."""
    for back in range(WEEKS - 1, -1, -1):
        week = LAST.plus(-back)
        now = documents(week, 100 - late if back else last, 8)
        before = documents(week.previous(), late, 2, "late") if late and back < WEEKS - 1 else []
        put(store, [*now, *before], f"{week}.jsonl")
        store.note_arrivals((week.end + timedelta(days=1)).isoformat())


def test_a_week_that_still_fills_is_said_to_and_is_no_drop(store: Store, tmp_path: Path) -> None:
    weekly(store, late=40)
    found = report(context_of(store, tmp_path))
    assert found["filling"]["later"] == pytest.approx(0.4) and found["filling"]["days"] == 1
    assert found["filling"]["drop"] is False and found["filling"]["usual"] == 100
    text = (tmp_path / str(LAST) / "report.md").read_text("utf-8")
    assert "Week still filling: usually 40.0% of a week’s feedback arrives later than this" in text
    assert "Little was heard" not in text


def test_a_full_week_of_little_feedback_is_called_a_drop(store: Store, tmp_path: Path) -> None:
    weekly(store, late=0, last=40)
    found = report(context_of(store, tmp_path))
    assert found["filling"]["later"] == 0 and found["filling"]["drop"] is True
    assert "Little was heard: 40 pieces of feedback" in (tmp_path / str(LAST) / "report.md").read_text("utf-8")


def test_a_history_read_at_once_says_nothing_of_filling(store: Store, tmp_path: Path) -> None:
    rows = [row for back in range(WEEKS) for row in documents(LAST.plus(-back), 60 if back else 20, 6)]
    put(store, rows)
    store.note_arrivals(str(LAST.end))
    assert "filling" not in report(context_of(store, tmp_path))


def shifting(store: Store, *, named: bool = True) -> None:
    """Freight is complained of five times as much as the ferry, always; in the last two weeks it is most of what is
    heard."""
    rows = []
    for back in range(WEEKS):
        week, many = LAST.plus(-back), back < 2
        for product, n, rate in (("ferry", 45 if many else 120, 0.04), ("freight", 105 if many else 30, 0.4)):
            k = round(n * rate) + back % 3 - 1
            rows += documents(week, n, k, product, product=product if named else None)
    put(store, rows)


def test_a_shift_of_products_is_no_signal_and_the_report_says_why(store: Store, tmp_path: Path) -> None:
    shifting(store)
    found = report(context_of(store, tmp_path))
    assert found["signals"][NEGLECT] == "none" and found["alarms"] == []
    week = found["weeks"][-1]
    assert week["series"][NEGLECT]["mix"] == pytest.approx(week["drivers"]["neglect"]["complaint"]["change"], abs=0.02)
    text = (tmp_path / str(LAST) / "report.md").read_text("utf-8")
    assert "Who was heard explains" in text and "products were heard in other proportions" in text


def test_the_same_without_products_is_a_signal(store: Store, tmp_path: Path) -> None:
    shifting(store, named=False)
    assert report(context_of(store, tmp_path))["signals"][NEGLECT] == "up"


def test_a_segment_counts_its_own_documents_against_its_own_weeks(store: Store, tmp_path: Path) -> None:
    shifting(store)
    whole = report(context_of(store, tmp_path))
    part = report(context_of(store, tmp_path, segment=(("product", "freight"),)))
    row = part["weeks"][-1]["drivers"]["neglect"]["complaint"]
    assert (row["n"], whole["weeks"][-1]["drivers"]["neglect"]["complaint"]["n"]) == (105, 150)
    assert part["signals"][NEGLECT] == "none"
    assert [c for c, *_ in store.reports()] == [str(LAST), f"{LAST} [product=freight]"]
    assert store.cases() == [] and part["coverage"]["documents"] == sum(w["documents"] for w in part["weeks"])


NARROW = (("channel", "call"), ("product", "ferry"))


@pytest.mark.parametrize("segment", [NARROW, NARROW[:1]])
def test_weeks_of_a_segment_with_few_documents_are_not_told(
    store: Store, tmp_path: Path, segment: tuple[tuple[str, str], ...]
) -> None:
    rows = []
    for back in range(WEEKS):
        rows += documents(LAST.plus(-back), 50, 5, product="ferry")
        rows += documents(LAST.plus(-back), 4 if back % 2 else 9, 1, "call", product="ferry", channel="call")
    put(store, rows)
    found = report(context_of(store, tmp_path, segment=segment))
    assert {w["documents"] for w in found["weeks"]} == {0, 9}
    words = " and ".join(f"{name}={value}" for name, value in segment)
    with pytest.raises(UsageError, match=f"fewer than 5 documents with {words}: ") as caught:
        parts.prepare(context_of(store, tmp_path, segment=segment, week=str(LAST.previous())))
    assert ("an attribute" if len(segment) > 1 else "--segment") in str(caught.value.hint)


def test_of_the_whole_company_small_weeks_are_told(store: Store, tmp_path: Path) -> None:
    put(store, [row for back in range(WEEKS) for row in documents(LAST.plus(-back), 4 if back % 2 else 9, 1)])
    assert {w["documents"] for w in report(context_of(store, tmp_path))["weeks"]} == {4, 9}


def test_a_month_weighs_weeks_by_its_days(store: Store, tmp_path: Path) -> None:
    split = Week.parse("2026-W40")  # Monday 28 September to Sunday 4 October
    rows = [
        *documents(split, 30, 3, "a", time="2026-09-30"), *documents(split, 20, 10, "b", time="2026-10-01"),
        *documents(split, 7, 0, "c", time="2026-09-30T23:30:00-05:00"), *documents(LAST, 40, 4),
        *documents(Week.parse("2026-W42"), 60, 6),
    ]  # fmt: skip
    put(store, rows)
    context = context_of(store, tmp_path, week=None)
    ranging.monthly(context, month_of("2026-10"))
    found = json.loads((tmp_path / "2026-10" / "month.json").read_text("utf-8"))
    neglect = next(d for d in found["series"] if d["series"] == NEGLECT)
    assert (neglect["before"]["n"], neglect["before"]["k"]) == (30, 3)
    assert (neglect["after"]["n"], neglect["after"]["k"]) == (87, 16)
    assert found["after"]["partial"] is False and context.result.page == "month.html"


def test_a_backfilled_week_looks_at_nothing_later(store: Store, tmp_path: Path) -> None:
    shifting(store)
    early = ranging.as_it_was(context_of(store, tmp_path), LAST.plus(-3))
    own = report(known(replace(early), {}))
    assert own["as_of"] == str(LAST.plus(-3).end) and own["coverage"]["to"] == str(LAST.plus(-3).start)
    assert own["coverage"]["documents"] == 150 * (WEEKS - 3)
    assert own["model"] == MODEL
