"""``voc cases`` and ``voc actions`` as people use them, and what the next report says of both."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Voc, voc_in
from tests.program import write_jsonl
from voc.casework import STATES
from voc.cli import cases as command
from voc.pipeline import NoProgress, RunOptions
from voc.pipeline.casework import export_cases, import_cases, list_cases

STOCK = "Dear guest, your remarks were recorded under HL-{n} and passed on to the department concerned, which has them."
LEAVING = "Nobody answered my calls for a week, nobody wrote back. I have cancelled my contract and leave you for good."
FEED: list[dict[str, Any]] = [
    {"id": "m-1", "time": "2026-10-26", "channel": "email", "customer": "ann.lee@example.com", "value": 900,
     "text": "Nobody replied to my three messages about the cracked kettle, nobody cares.",
     "reply": STOCK.format(n=1), "reply_time": "2026-10-28"},
    {"id": "r-1", "time": "2026-11-05", "channel": "review", "customer": "ann.lee@example.com", "value": 900,
     "text": LEAVING},
    {"id": "m-2", "time": "2026-11-03", "channel": "email", "customer": "bo@example.com",
     "text": "The porter shouted at my grandmother in the lobby, what a rude man.",
     "reply": STOCK.format(n=22), "reply_time": "2026-11-03"},
    {"id": "m-3", "time": "2026-11-04", "channel": "email", "customer": "cy@example.com",
     "text": "The pension adviser gave me wrong figures, she did not know the table.",
     "reply": STOCK.format(n=333), "reply_time": "2026-11-05"},
    {"id": "r-2", "time": "2026-11-06", "channel": "review", "customer": "dee@example.com", "language": "zh-Hans",
     "text": "一直没人理我，电话没人接，邮件没人回。我已经退卡了，再也不会来了。"},
    {"id": "r-3", "time": "2026-11-08", "channel": "review", "text": "The room has two windows."},
]  # fmt: skip
NEXT: list[dict[str, Any]] = [
    {"id": "r-9", "time": "2026-11-15", "channel": "review", "text": "The lobby has a clock."},
    {
        "id": "r-8",
        "time": "2026-11-12",
        "channel": "review",
        "customer": "ann.lee@example.com",
        "text": LEAVING + " Bye.",
    },
]
CONFIG = '[loop]\nowner = "Care"\nroutes = ["language=zh: Taipei desk", "driver=neglect channel=email: Mail desk"]\n'


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a workspace whose first week was reported. Tests copy it."""
    folder = tmp_path_factory.mktemp("cases")
    (folder / "voc-workspace").mkdir()
    (folder / "voc-workspace" / "voc.toml").write_text(CONFIG, "utf-8")
    write_jsonl(folder / "feed.jsonl", FEED)
    write_jsonl(folder / "next.jsonl", NEXT)
    done = voc_in(folder)("run", "feed.jsonl")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def folder(told: Path, tmp_path: Path) -> Path:
    shutil.copytree(told, tmp_path, dirs_exist_ok=True)
    return tmp_path


def listed(run_voc: Voc, *args: str) -> dict[str, dict[str, Any]]:
    done = run_voc("cases", "list", "--json", *args)
    assert done.returncode == 0, done.stderr
    return {row["document"]: row for row in json.loads(done.stdout)["cases"]}


def report(folder: Path, week: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "voc-workspace/reports" / week / "report.json").read_text("utf-8"))
    return found


def test_a_run_opens_cases_with_owners_and_the_report_shows_them(folder: Path, run_voc: Voc) -> None:
    cases = listed(run_voc)
    assert {name: (row["owner"], row["state"]) for name, row in cases.items()} == {
        "r-1": ("Care", "open"),
        "r-2": ("Taipei desk", "open"),
    }
    assert next(iter(cases)) == "r-1", "the dearest customer first"
    assert cases["r-1"]["value"] == 900 and cases["r-1"]["age_days"] == 3
    assert "neglect" in cases["r-1"]["drivers"]
    assert set(listed(run_voc, "--owner", "Taipei desk")) == {"r-2"}
    value = report(folder, "2026-W45")["loop"]
    assert {row["document"]: row["owner"] for row in value["callbacks"].values()} == {
        "r-1": "Care",
        "r-2": "Taipei desk",
    }
    markdown = (folder / "voc-workspace/reports/2026-W45/report.md").read_text("utf-8")
    assert cases["r-1"]["case"] in markdown and "Taipei desk" in markdown


def test_the_report_shows_hollow_replies_returns_and_waits(folder: Path) -> None:
    value = report(folder, "2026-W45")["loop"]
    everything, mails = value["replies"]
    assert (everything["channel"], mails["channel"]) == ("", "email")
    assert (mails["answers"], mails["stock"], mails["week_answers"], mails["week_hollow"]) == (3, 3, 2, 2)
    (stock,) = value["stocks"]
    assert stock["answers"] == 3 and "recorded under HL-…" in stock["text"]
    returns = value["returns"]
    assert (returns["documents"], returns["week_customers"], returns["days"], returns["moved"]) == (1, 1, 8, 1)
    assert returns["drivers"] == {"neglect": 1}
    (story,) = value["stories"]
    assert (story["before"]["id"], story["after"]["id"]) == ("m-1", "r-1")
    (waits,) = value["waits"]
    assert (waits["channel"], waits["exchanges"], waits["unanswered"], waits["first"]) == ("email", 3, 0, 86_400)


def test_the_next_report_tells_what_became_of_a_case(folder: Path, run_voc: Voc) -> None:
    case = listed(run_voc)["r-1"]["case"]
    assert run_voc("cases", "assign", case, "Retention", "--as-of", "2026-11-09").returncode == 0
    assert (
        run_voc("cases", "contact", case[:6], "--note", "ring +44 20 7946 0958", "--as-of", "2026-11-10").returncode
        == 0
    )
    done = run_voc("cases", "close", case, "won-back", "--by", "Retention", "--as-of", "2026-11-11", "--json")
    assert json.loads(done.stdout)["case"] == {"case": case, "state": "won_back", "owner": "Retention"}
    shown = json.loads(run_voc("cases", "show", case, "--json").stdout)
    assert [(e["day"], e["what"], e["value"]) for e in shown["history"]] == [
        ("2026-11-09", "owner", "Retention"),
        ("2026-11-10", "state", "contacted"),
        ("2026-11-10", "note", "ring [phone]"),
        ("2026-11-11", "state", "won_back"),
    ]
    assert [(step["day"], step["channel"]) for step in shown["journey"]] == [
        ("2026-10-26", "email"),
        ("2026-11-05", "review"),
    ]
    assert set(listed(run_voc)) == {"r-2"} and set(listed(run_voc, "--state", "won back")) == {"r-1"}

    done = run_voc("run", "next.jsonl")
    assert done.returncode == 0, done.stderr
    value = report(folder, "2026-W46")["loop"]
    assert value["states"] == {"open": 2, "won_back": 1}, "who leaves again after a case was closed has a new one"
    told = {row["id"]: (row["state"], row["since"], row["owner"]) for row in value["cases"]}
    assert told[case] == ("won_back", "2026-11-11", "Retention")
    page = (folder / "voc-workspace/reports/2026-W46/report.html").read_text("utf-8")
    assert "won back since 11 Nov 2026" in page
    files = {p: p.read_bytes() for p in (folder / "voc-workspace/reports").rglob("*") if p.is_file()}
    assert run_voc("run", "next.jsonl").returncode == 0
    assert {p: p.read_bytes() for p in files} == files, "running twice changes nothing"
    with sqlite3.connect(folder / "voc-workspace/voc.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM cases").fetchone() == (3,)
        assert database.execute("SELECT count(*) FROM case_events").fetchone() == (4,)


@pytest.mark.parametrize("ending", ["csv", "xlsx", "jsonl"])
def test_a_file_of_cases_goes_out_and_comes_back(folder: Path, ending: str) -> None:
    workspace, file = folder / "voc-workspace", folder / f"cases.{ending}"

    def taken(path: Path) -> object:
        return import_cases(path, "Ana", RunOptions(workspace), NoProgress()).summary["cases"]

    assert export_cases(workspace, file) == 2
    assert taken(file) == {"rows": 2, "changed": 0}
    rows = [{"case": row["case"], "state": "Lost", "note": "=1+1 不回来了"} for row in list_cases(workspace)[:1]]
    assert taken(write_jsonl(folder / "back.jsonl", rows)) == {"rows": 1, "changed": 1}
    assert export_cases(workspace, file) == 2
    assert taken(file) == {"rows": 2, "changed": 0}, "a guarded formula is the same note"
    assert sorted(row["state"] for row in list_cases(workspace, STATES)) == ["lost", "open"]


def test_a_file_with_mistakes_is_refused_as_a_whole(folder: Path, run_voc: Voc) -> None:
    case = listed(run_voc)["r-1"]["case"]
    rows = [
        {"case": case, "state": "lost"},
        {"case": case, "state": "open"},
        {"case": "c0", "state": "open"},
        {"case": listed(run_voc)["r-2"]["case"], "state": "gone"},
    ]
    done = run_voc("cases", "import", write_jsonl(folder / "bad.jsonl", rows))
    assert done.returncode == 1
    for part in ("3 mistakes", "row 2", "row 1 already", "row 3", "'c0'", "row 4", "'gone'", "won back"):
        assert part in done.stderr, done.stderr
    assert listed(run_voc)["r-1"]["state"] == "open"
    assert run_voc("cases", "export", "-o", "cases.csv").returncode == 0
    assert (folder / "cases.csv").read_text("utf-8-sig").startswith("case,state,owner,note,drivers,")
    (folder / "other.csv").write_text("id,state\n1,open\n", "utf-8")
    done = run_voc("cases", "import", folder / "other.csv")
    assert done.returncode == 1 and "lacks the column case" in done.stderr
    (folder / "cases.pdf").write_text("x", "utf-8")
    assert "cannot read cases from cases.pdf" in run_voc("cases", "import", folder / "cases.pdf").stderr


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("cases", "show", "nothing"), 2, "there is no case 'nothing'"),
        (("cases", "show", "c"), 2, "2 cases begin with 'c'"),
        (("cases", "close", "c", "saved"), 2, "won_back"),
        (("actions", "add", "--driver", "rudeness", "smile"), 2, "there is no driver 'rudeness'"),
        (("actions", "add", "--driver", "neglect", " "), 2, "says nothing"),
        (("actions", "done", "7"), 2, "there is no action 7"),
    ],
)
def test_what_does_not_exist_is_named(folder: Path, run_voc: Voc, args: tuple[str, ...], code: int, said: str) -> None:
    done = run_voc(*args)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr


def test_a_rule_that_means_nothing_stops_before_anything_is_written(folder: Path, run_voc: Voc) -> None:
    (folder / "voc-workspace/voc.toml").write_text('[loop]\nroutes = ["driver=rudeness: A"]\n', "utf-8")
    done = run_voc("report")
    assert done.returncode == 2
    assert "driver 'rudeness'" in done.stderr and "discourtesy" in done.stderr


def test_actions_are_told_with_their_drivers_share(folder: Path, run_voc: Voc) -> None:
    add = ("actions", "add", "--driver", "neglect", "--owner", "Mail desk", "--due", "2026-11-10", "answer in a day")
    assert run_voc(*add, "--as-of", "2026-11-02").returncode == 0
    assert run_voc("actions", "add", "--driver", "discourtesy", "培训").returncode == 0
    assert run_voc("actions", "done", "2").returncode == 0
    rows = json.loads(run_voc("actions", "list", "--json").stdout)["actions"]
    assert [(r["number"], r["added"], r["done"]) for r in rows] == [
        (1, "2026-11-02", None),
        (2, "2026-11-08", "2026-11-08"),
    ]
    assert run_voc("report").returncode == 0
    first, second = report(folder, "2026-W45")["loop"]["actions"]
    assert (first["text"], first["due"], first["signal"]) == ("answer in a day", "2026-11-10", "new")
    assert first["before"] is None and first["now"] > 0
    assert second["done"] == "2026-11-08"
    assert run_voc("report", "--as-of", "2026-11-11").returncode == 0
    assert "overdue since 10 Nov 2026" in (folder / "voc-workspace/reports/2026-W45/report.md").read_text("utf-8")


def test_the_states_of_the_command_line_are_those_of_cases() -> None:
    assert command._STATES == STATES
