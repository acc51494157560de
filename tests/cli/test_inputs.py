"""What the program takes as INPUT: dry runs, standard input, folders, and feeds that stop."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from tests.program import voc

GOOD = "The crew was rude and nobody said sorry"


def weekly(path: Path, weeks: int) -> Path:
    start = dt.date(2026, 1, 5)
    rows = [f"{start + dt.timedelta(weeks=n)},{GOOD} {n}" for n in range(weeks)]
    path.write_text("date,comment\n" + "\n".join(rows))
    return path


def test_a_dry_run_shows_what_would_be_read_and_leaves_nothing(tmp_path: Path) -> None:
    rows = [f"{n},{GOOD} {n}; write to ann{n}@example.com,4" for n in range(30)]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("Customer,Comment,Stars\n" + "\n".join(rows))
    (tmp_path / "in" / "b.csv").write_bytes("编号,评论\n1,等了三天没有人处理\n,,\n".encode("gb18030"))
    done = voc("ingest", "in", "--dry-run", "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    first, second = done.json["sources"]
    assert (first["name"], first["kind"], len(first["documents"])) == ("a.csv", "csv", 10)
    assert first["documents"][3]["text"] == f"{GOOD} 3; write to [email]"
    assert first["documents"][3]["customer"] == "[customer]"
    assert first["mapping"]["text"] == "Comment"
    assert "encoding: gb18030" in second["choices"]
    assert "example.com" not in done.out
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    told = voc("ingest", "in", "--dry-run", cwd=tmp_path)
    assert "a.csv: csv" in told.out
    assert "text <- Comment" in told.out
    assert told.out.count("row ") == 11
    assert "example.com" not in told.out


def test_standard_input_and_a_folder_are_read_once(tmp_path: Path) -> None:
    content = f"id,comment\na,{GOOD}\nb,{GOOD} again\n"
    assert voc("ingest", "-", cwd=tmp_path, stdin=content).code == 0
    again = voc("ingest", "-", "--json", cwd=tmp_path, stdin=content)
    assert (again.json["ingest"]["added"], again.json["ingest"]["inputs"][0]["unchanged"]) == (0, True)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text(content + f"c,{GOOD} thrice\n")
    (tmp_path / "in" / "bad.csv").write_text("n,m\n1,2\n")
    done = voc("ingest", "in", "--json", "--max-reject-share", "1", cwd=tmp_path)
    assert (done.code, done.json["ingest"]["added"], done.json["ingest"]["rejects"]) == (0, 1, 1)
    rejects = voc("rejects", cwd=tmp_path)
    assert rejects.out.startswith("bad.csv, row 0: unreadable_file (bad.csv: no column is mostly free text")


def test_what_is_not_there(tmp_path: Path) -> None:
    missing = voc("ingest", "none.csv", cwd=tmp_path)
    assert (missing.code, "does not exist" in missing.err) == (2, True)
    extra = voc("ingest", "https://example.org/a.csv", cwd=tmp_path)
    assert (extra.code, "does not read from" in extra.err) == (1, True)


def test_a_stale_feed_is_told_and_ends_with_7_where_that_is_asked_for(tmp_path: Path) -> None:
    weekly(tmp_path / "calls-1.csv", 4)
    (tmp_path / "new.csv").write_text(f"date,comment\n2026-06-01,{GOOD} lately\n")
    assert voc("ingest", "calls-1.csv", "--require-new", cwd=tmp_path).code == 0
    done = voc("ingest", "new.csv", "--require-new", cwd=tmp_path)
    assert done.code == 7
    assert "calls-*.csv is stale: its last document is of 2026-01-26" in done.err
    told = voc("status", "--json", cwd=tmp_path)
    assert [s["last"] for s in told.json["sources"]] == ["2026-01-26", "2026-06-01"]
    assert told.json["stale_feeds"] == [{"name": "calls-*.csv", "last": "2026-01-26", "usual_weeks": 1.0}]
    assert "calls-*.csv is stale" in told.err
