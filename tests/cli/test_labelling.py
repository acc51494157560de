"""``voc label`` and ``voc evaluate`` as people use them: a workspace, files out and back, the gate."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from tests.cli.conftest import Voc, voc_in
from tests.program import write_jsonl

TEXTS: list[tuple[str, str, dict[str, str], list[str], int]] = [
    ("r-1", "Nobody answered my calls for a week, ann.lee@example.com is my mail. I am cancelling.",
     {"N": "Nobody answered my calls"}, [], 1),
    ("r-2", "服务员态度恶劣，对我们大喊大叫。", {"D": "态度恶劣"}, [], 0),
    ("r-3", "店員很親切，問題馬上解決了。", {}, ["D", "I"], 0),
    ("r-4", "The parcel came three weeks late and was damaged.", {"I": "three weeks late"}, [], 0),
    ("r-5", "The room has two windows.", {}, [], 0),
    ("r-6", "The agent gave me wrong information about the tariff, she did not know her own products.",
     {"K": "wrong information"}, [], 0),
    ("r-7", "Friendly driver.", {}, ["D"], 0),
    ("r-8", "没人理我们，等了很久也没有人来。", {"N": "没人理我们"}, [], 0),
]  # fmt: skip
GOLD = [
    {"id": i, "text": text, "kind": "review", "source": "test", "neg": neg, "pos": pos, "leave": leave}
    for i, text, neg, pos, leave in TEXTS
]


@pytest.fixture(scope="module")
def classified(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the feed, the gold, and a workspace in which the feed is classified. Tests copy the workspace."""
    folder = tmp_path_factory.mktemp("labels")
    write_jsonl(folder / "feed.jsonl", [{"id": i, "text": t, "time": "2026-11-04"} for i, t, *_ in TEXTS])
    write_jsonl(folder / "gold.jsonl", GOLD)
    run = voc_in(folder)
    for command in (["ingest", "feed.jsonl"], ["classify"], ["classify", "feed.jsonl", "-o", "records.jsonl"]):
        done = run(*command)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def workspace(classified: Path, tmp_path: Path) -> Path:
    shutil.copytree(classified / "voc-workspace", tmp_path / "voc-workspace")
    return tmp_path / "voc-workspace"


def test_a_correction_is_marked_counted_and_exported(workspace: Path, run_voc: Voc) -> None:
    done = run_voc("label", "set", "r-2", "discourtesy=no", "leave=yes", "--reason", "a film", "--by", "Ana",
                   "--quote", "大喊大叫", "--as-of", "2026-11-15")  # fmt: skip
    assert done.returncode == 0, done.stderr
    document = json.loads(run_voc("explain", "r-2", "--json").stdout)["documents"][0]
    assert document["by_hand"] == ["discourtesy.complaint", "leave"]
    assert "discourtesy.complaint" not in document["labels"]
    assert next(s for s in document["spans"] if s["label"] == "leave")["text"] == "大喊大叫"
    assert "no, set by hand" in run_voc("explain", "r-2").stdout
    assert run_voc("export", "predictions", "-o", "p.csv").returncode == 0
    table = list(csv.DictReader(io.StringIO((workspace.parent / "p.csv").read_text("utf-8-sig"))))
    assert {row["document"]: row["by_hand"] for row in table}["r-2"] == '["discourtesy.complaint", "leave"]'
    row = json.loads(run_voc("trends", "--json").stdout)["trends"]["rows"][-1]
    assert row["leave"]["k"] == sum("leave" in json.loads(r["labels"]) for r in table)
    log = json.loads(run_voc("label", "audit", "--json").stdout)["log"]
    assert [(r["id"], r["label"], r["value"], r["who"], r["reason"], r["day"]) for r in log] == [
        ("r-2", "discourtesy.complaint", "no", "Ana", "a film", "2026-11-15"),
        ("r-2", "leave", "yes", "Ana", "a film", "2026-11-15"),
    ]


def test_taking_it_back_asks_the_model_again(workspace: Path, run_voc: Voc) -> None:
    before = run_voc("explain", "r-2", "--json").stdout
    assert run_voc("label", "set", "r-2", "discourtesy=no", "--reason", "x").returncode == 0
    assert run_voc("explain", "r-2", "--json").stdout != before
    assert run_voc("label", "set", "r-2", "discourtesy=model", "--reason", "was right").returncode == 0
    assert run_voc("classify").returncode == 0
    assert run_voc("explain", "r-2", "--json").stdout == before


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["nobody", "leave=yes"], 1, "there is no document 'nobody'"),
        (["r-2", "leave=perhaps"], 2, "'leave=perhaps' is no answer"),
        (["r-2", "leave=yes", "--quote", "never said"], 2, "do not stand in r-2"),
    ],
)
def test_corrections_that_make_no_sense(workspace: Path, run_voc: Voc, args: list[str], code: int, said: str) -> None:
    done = run_voc("label", "set", *args, "--reason", "x")
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr


def fill(path: Path, out: Path, change: str = "") -> None:
    """Fills the exported workbook in as a person would; ``change``: a document in which another label is set too."""
    head, *rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("label").to_python()
    gold = {row["id"]: row for row in GOLD}
    drivers = {"D": "discourtesy", "I": "incompetence", "K": "unknowledgeable", "N": "neglect"}
    book = xlsxwriter.Workbook(str(out))
    sheet = book.add_worksheet("label")
    for column, name in enumerate(head):
        sheet.write_string(0, column, name)
    for number, cells in enumerate(rows, start=1):
        row = dict(zip(head, cells, strict=True))
        true: Any = gold[row["id"]]
        for code, quote in true["neg"].items():
            row[f"{drivers[code]}.complaint"], row[f"quote {drivers[code]}.complaint"] = "yes", quote
        row |= {f"{drivers[code]}.praise": "yes" for code in true["pos"]} | ({"leave": "yes"} if true["leave"] else {})
        row |= {"neglect.praise": "yes"} if row["id"] == change else {}
        row["none of these"] = "" if "yes" in row.values() else "yes"
        for column, name in enumerate(head):
            sheet.write_string(number, column, row[name])
    book.close()


def test_out_to_people_and_back(workspace: Path, run_voc: Voc) -> None:
    folder = workspace.parent
    done = run_voc("label", "export", "--n", "8", "--random-share", "0.5", "-o", "to.xlsx", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["documents"], answer["random"], answer["chosen"]) == (8, 4, 4)
    assert run_voc("label", "export", "--n", "8", "--random-share", "0.5", "-o", "again.xlsx").returncode == 0
    assert (folder / "to.xlsx").read_bytes() == (folder / "again.xlsx").read_bytes()
    cells = CalamineWorkbook.from_path(str(folder / "to.xlsx")).get_sheet_by_name("label").to_python()
    assert "ann.lee" not in str(cells)
    assert "[email]" in str(cells)
    fill(folder / "to.xlsx", folder / "ana.xlsx")
    fill(folder / "to.xlsx", folder / "ben.xlsx", change="r-5")
    done = run_voc("label", "agree", "ana.xlsx", "ben.xlsx", "-o", "decide.xlsx", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["documents"], answer["disputed"]) == (8, 1)
    by_label = {row["label"]: row for row in answer["labels"]}
    assert by_label["discourtesy.complaint"]["kappa"] == 1.0
    assert by_label["neglect.praise"]["second"] == 1
    undecided = run_voc("label", "import", "decide.xlsx")
    assert undecided.returncode == 1
    assert "row 2: neglect.praise is '?'" in undecided.stderr
    done = run_voc("label", "import", "ana.xlsx", "--by", "Ana")
    assert done.returncode == 0, done.stderr
    done = run_voc("label", "audit", "--json", "-o", "errors.csv")
    errors = json.loads(done.stdout)["errors"]
    assert all(e["tp"] + e["fn"] + e["fp"] + e["tn"] == 4 for e in errors), "the random share alone tells the error"
    assert (folder / "errors.csv").read_text("utf-8-sig").splitlines()[0] == "series,tp,fn,fp,tn"
    assert run_voc("label", "export", "-o", "labelled.jsonl").returncode == 0
    kept = {row["id"]: row for row in map(json.loads, (folder / "labelled.jsonl").read_text("utf-8").splitlines())}
    names = {"D": "discourtesy", "I": "incompetence", "K": "unknowledgeable", "N": "neglect"}
    for row in GOLD:
        true: Any = row
        assert kept[true["id"]]["neg"] == {names[code]: quote for code, quote in true["neg"].items()}
        assert sorted(kept[true["id"]]["pos"]) == sorted(names[code] for code in true["pos"])
        assert kept[true["id"]]["leave"] == true["leave"]
    nothing = run_voc("label", "export", "-o", "more.xlsx")
    assert nothing.returncode == 1
    assert "nothing to label" in nothing.stderr


def test_labels_of_another_workspace_are_refused_whole(workspace: Path, run_voc: Voc) -> None:
    write_jsonl(workspace.parent / "other.jsonl", [GOLD[0], {**GOLD[1], "id": "elsewhere"}])
    done = run_voc("label", "import", "other.jsonl")
    assert done.returncode == 1
    assert "row 2: no document of the workspace with the key or id 'elsewhere'" in done.stderr
    assert json.loads(run_voc("label", "audit", "--json").stdout)["log"] == []


def test_evaluate_of_a_model_and_of_its_records_agree(classified: Path, tmp_path: Path) -> None:
    run = voc_in(classified)
    args = ("--rounds", "50", "--coverage")
    model = run("evaluate", "gold.jsonl", *args, "--html", tmp_path / "e.html", "-o", tmp_path / "e.json", "--json")
    assert model.returncode == 0, model.stderr
    records = run("evaluate", "gold.jsonl", "--predictions", "records.jsonl", *args, "--json")
    assert records.returncode == 0, records.stderr
    left, right = json.loads(model.stdout), json.loads(records.stdout)
    assert left == json.loads((tmp_path / "e.json").read_text("utf-8"))
    assert left["figures"] == right["figures"]
    assert left["model"] == right["model"]
    assert {s["part"] for s in left["slices"]} == {"all", "language", "channel", "source"}
    page = (tmp_path / "e.html").read_text("utf-8")
    assert "ann.lee" not in page
    assert "default-src 'none'" in page
    own = run("evaluate", "records.jsonl", "--documents", "feed.jsonl", "--predictions", "records.jsonl", "--json")
    assert own.returncode == 0, own.stderr
    found = {s["label"]: s for s in json.loads(own.stdout)["slices"] if s["part"] == "all"}
    assert all(s["f1"]["value"] == 1.0 for s in found.values() if s["true"]), "a record agrees with itself"


def test_the_gate_is_set_kept_and_missed(classified: Path, tmp_path: Path) -> None:
    run, gate = voc_in(classified), tmp_path / "floors.toml"
    args = ("evaluate", "gold.jsonl", "--predictions", "records.jsonl", "--rounds", "50", "--gate", gate)
    unset = run(*args)
    assert unset.returncode == 2
    assert "no bounds for 'gold'" in unset.stderr
    assert run(*args, "--set-floors").returncode == 0
    kept = run(*args)
    assert kept.returncode == 0, kept.stderr
    assert "every bound of [gold]" in kept.stdout
    lines = gate.read_text("utf-8").replace('"evidence" = ', '"evidence" = 1.01 # ')
    gate.write_text(lines, "utf-8")
    missed = run(*args, "--json")
    assert missed.returncode == 5
    answer = json.loads(missed.stdout)
    assert answer["error"]["exit_code"] == 5
    assert "f1.complaints" in answer["figures"], "the figures are told all the same"
    refused = run(*args, "--set-floors")
    assert refused.returncode == 5
    assert run(*args, "--set-floors", "--lower", "the test wrote a floor over 1").returncode == 0
    assert 'lowered = "the test wrote a floor over 1"' in gate.read_text("utf-8")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--set-floors"], "go with --gate"),
        (["--gate", "g.toml", "--lower", "x"], "--lower goes with --set-floors"),
        (["--predictions", "records.jsonl", "--model", "voc-e5-small"], "takes the place of a model"),
    ],
)
def test_evaluate_refuses_what_would_do_nothing(classified: Path, args: list[str], said: str) -> None:
    done = voc_in(classified)("evaluate", "gold.jsonl", *args)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
