from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.errors import InputError, VocError
from voc.trends.correct import ErrorTable
from voc.trends.counts_file import CountRow, read_counts, read_errors, trends_of_file, trends_of_rows, write_json
from voc.trends.series import SIGNALS
from voc.weeks import Week

FIRST = Week(2026, 1)
HEAD = "series,week,n,k\n"
FIELDS = ["week", "n", "k", "raw_share", "share", "low", "high", "baseline", "p", "q", "signal", "reason"]


def counts(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def rows(series: int, weeks: int, first: Week = FIRST, seed: int = 1) -> list[CountRow]:
    rng = np.random.default_rng(seed)
    return [
        CountRow(f"s{s}", first.plus(w), n := int(rng.integers(900, 1100)), int(rng.binomial(n, 0.04)))
        for w in range(weeks)
        for s in range(series)
    ]


def test_every_row_comes_back_in_order() -> None:
    given_rows = rows(3, 30)
    np.random.default_rng(2).shuffle(given_rows)  # type: ignore[arg-type]
    answer = trends_of_rows(given_rows, None)
    assert list(answer) == ["schema", "tests", "series"]
    assert answer["schema"] == 1
    assert [s["series"] for s in answer["series"]] == list(dict.fromkeys(row.series for row in given_rows))
    for series in answer["series"]:
        own = [row for row in given_rows if row.series == series["series"]]
        assert [(w["week"], w["n"], w["k"]) for w in series["weeks"]] == [(str(r.week), r.n, r.k) for r in own]
        for week in series["weeks"]:
            assert list(week) == FIELDS
            assert week["raw_share"] == week["share"] == pytest.approx(week["k"] / week["n"])
            assert week["low"] < week["share"] < week["high"]
            assert week["signal"] in SIGNALS
    assert answer["tests"] == {str(Week(2026, 1).plus(w)): 3 if w >= 8 else 0 for w in range(30)}
    json.dumps(answer, allow_nan=False)


def test_rows_without_a_baseline_say_so() -> None:
    weeks = trends_of_rows(rows(2, 12), None)["series"][0]["weeks"]
    for number, week in enumerate(weeks):
        if number < 8:
            assert (week["baseline"], week["p"], week["q"], week["signal"]) == (None, None, None, "none")
            assert week["reason"] == f"no baseline: {number} of at least 8 earlier weeks"
        else:
            assert week["baseline"] == pytest.approx(0.04, rel=0.2)
            assert 0 < week["p"] <= week["q"] <= 1
            assert week["reason"] is None


def test_shares_are_corrected_and_changes_are_not() -> None:
    table = rows(2, 20)
    plain = trends_of_rows(table, None)["series"]
    both = trends_of_rows(table, {"s0": ErrorTable(70, 30, 20, 980), "s1": ErrorTable(5, 5, 5, 5)})["series"]
    for week, before in zip(both[0]["weeks"], plain[0]["weeks"], strict=True):
        assert week["share"] == pytest.approx(max(0, (week["raw_share"] - 0.02) / 0.68))
        assert week["high"] - week["low"] > before["high"] - before["low"]
        assert [week[f] for f in ("baseline", "p", "q", "signal")] == [
            before[f] for f in ("baseline", "p", "q", "signal")
        ]
    for week in both[1]["weeks"]:
        assert (week["share"], week["low"], week["high"]) == (None, None, None)
        assert "not corrected: found where true less found where false is 0.00" in week["reason"]
    missing = trends_of_rows(table, {"s0": ErrorTable(70, 30, 20, 980)})["series"][1]["weeks"]
    assert missing[-1]["share"] is None
    assert missing[-1]["reason"] == "not corrected: the errors have no table of this series"


def test_week_53_is_a_week_like_others_and_gaps_are_kept() -> None:
    table = [row for row in rows(2, 30, Week(2026, 40)) if str(row.week) not in {"2026-W50", "2027-W03"}]
    answer = trends_of_rows(table, None)
    weeks = [week["week"] for week in answer["series"][0]["weeks"]]
    assert weeks[weeks.index("2026-W53") + 1] == "2027-W01"
    assert "2026-W50" not in answer["tests"]
    # With one column for each calendar week the 53rd is the one before the first: windows of two weeks join them.
    shifted = [CountRow(r.series, r.week.plus(-20), r.n, r.k) for r in table]
    moved = trends_of_rows(shifted, None)
    for one, other in zip(answer["series"], moved["series"], strict=True):
        assert [w["p"] for w in one["weeks"]] == [w["p"] for w in other["weeks"]]


def test_a_week_without_documents() -> None:
    table = [CountRow(r.series, r.week, 0, 0) if r.week == Week(2026, 15) else r for r in rows(1, 20)]
    week = trends_of_rows(table, None)["series"][0]["weeks"][14]
    assert week | {"n": 0} == {
        "week": "2026-W15", "n": 0, "k": 0, "raw_share": None, "share": None, "low": None, "high": None,
        "baseline": week["baseline"], "p": None, "q": None, "signal": "none", "reason": "no documents",
    }  # fmt: skip


def test_few_documents_are_not_tested() -> None:
    table = [CountRow("s", Week(2026, 1).plus(w), 4, 0) for w in range(12)]
    week = trends_of_rows(table, None)["series"][0]["weeks"][-1]
    assert (week["p"], week["reason"]) == (None, "no test: too few documents")


def test_a_shift_stands_in_the_file() -> None:
    table = [CountRow(r.series, r.week, r.n, 2 * r.k) if r.week >= Week(2026, 33) and r.series == "s0" else r
             for r in rows(10, 40)]  # fmt: skip
    weeks = trends_of_rows(table, None)["series"][0]["weeks"]
    assert [w["signal"] for w in weeks[32:]] == ["shift_up"] * 8
    assert {w["signal"] for w in weeks[:32]} == {"none"}


names = (
    st.text(min_size=1, max_size=12)
    .filter(lambda name: name.strip() and "\x00" not in name)
    .filter(lambda name: not any(0xD800 <= ord(c) < 0xE000 for c in name))
)


@settings(max_examples=50)
@given(st.dictionaries(st.tuples(names, st.integers(1, 52)), st.tuples(st.integers(0, 999), st.integers(0, 999))))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, table: dict) -> None:
    path = tmp_path_factory.mktemp("counts") / "counts.csv"
    expected = [CountRow(name, Week(2026, w), max(pair), min(pair)) for (name, w), pair in table.items()]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["k", "series", "note", "n", "week"])
    writer.writerows([row.k, row.series, "x", row.n, row.week] for row in expected)
    path.write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode("utf-8"))
    if expected:
        assert read_counts(path) == expected
    else:
        with pytest.raises(InputError, match="holds no row"):
            read_counts(path)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,2026-W02,10,11", "line 3: k is 11, more than n, which is 10"),
        ("a,2026-W02,-10,1", "line 3: n is '-10', not a whole number"),
        ("a,2026-W02,10,x", "line 3: k is 'x', not a whole number"),
        ("a,2026-W02,10,nan", "line 3: k is 'nan', not a whole number"),
        ("a,2026-W02,10.5,1", "line 3: n is '10.5', not a whole number"),
        ("a,2026-W02,9999999999999,1", "not a whole number from 0 to 1,000,000,000,000"),
        ("a,2026-W54,10,1", "line 3: no such ISO week: '2026-W54'"),
        ("a,2025-W53,10,1", "line 3: no such ISO week: '2025-W53'"),
        ("a,2026-02-01,10,1", "line 3: not an ISO week"),
        ("a,2026-W01,10,1", "line 3: 2026-W01 of 'a' stands in line 2 already"),
        (" ,2026-W02,10,1", "line 3: the series has no name"),
        ("a,2026-W02,10", "line 3: 3 cells under 4 columns"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: str, message: str) -> None:
    path = counts(tmp_path / "counts.csv", f"{HEAD}a,2026-W01,10,1\n{row}\nb,2026-W01,10,1\n")
    with pytest.raises(InputError) as error:
        trends_of_file(path, None)
    assert error.value.message.startswith("counts.csv: 1 bad row\n")
    assert message in error.value.message


def test_only_the_first_bad_rows_are_named(tmp_path: Path) -> None:
    path = counts(tmp_path / "counts.csv", HEAD + "a,2026-W01,1,2\n" * 9)
    with pytest.raises(InputError, match="9 bad rows") as error:
        read_counts(path)
    lines = error.value.message.split("\n")
    assert [line.partition(":")[0] for line in lines[1:]] == [f"line {n}" for n in range(2, 7)] + ["and 4 more"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "does not have the column 'series' once"),
        (b"series,week,n\n", "does not have the column 'k' once"),
        (b"series,week,n,n,k\n", "does not have the column 'n' once"),
        (HEAD.encode(), "holds no row"),
        (HEAD.encode() + "é,2026-W01,1,1".encode("latin-1"), "is no CSV in UTF-8"),
        (HEAD.encode() + b'"a,2026-W01,1,1', "is no CSV in UTF-8"),
    ],
)
def test_what_is_no_table_of_counts(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "counts.csv").write_bytes(content)
    with pytest.raises(InputError) as error:
        read_counts(tmp_path / "counts.csv")
    assert message in error.value.message


def test_years_apart_are_too_many_weeks(tmp_path: Path) -> None:
    many = "".join(f"s{i},2026-W01,10,1\n" for i in range(100))
    path = counts(tmp_path / "counts.csv", HEAD + many + "old,0001-W01,10,1\nnew,9998-W01,10,1\n")
    with pytest.raises(InputError, match=r"102 series over 521,[0-9]+ weeks are too many at once"):
        trends_of_file(path, None)


def test_errors_are_read_and_checked(tmp_path: Path) -> None:
    path = counts(tmp_path / "errors.csv", "series,tp,fn,fp,tn\na,70,30,20,980\nb,1,2,3,4\n")
    assert read_errors(path) == {"a": ErrorTable(70, 30, 20, 980), "b": ErrorTable(1, 2, 3, 4)}
    counts(path, "series,tp,fn,fp,tn\na,70,30,20,980\na,1,2,3,4\nb,1,-2,3,4\n")
    with pytest.raises(InputError) as error:
        read_errors(path)
    assert "line 3: series 'a' stands there twice" in error.value.message
    assert "line 4: fn is '-2'" in error.value.message


def test_an_answer_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "new" / "trends.json"
    write_json(target, {"schema": 1})
    assert target.read_bytes() == b'{"schema": 1}\n'
    assert target.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ValueError):
        write_json(target, {"schema": float("nan")})
    assert [p.name for p in target.parent.iterdir()] == ["trends.json"]
    assert target.read_bytes() == b'{"schema": 1}\n'
    with pytest.raises(VocError, match="cannot write"):
        write_json(target / "below", {"schema": 1})
