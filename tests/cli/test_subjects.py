"""``voc subject``, ``forget``, ``retention``, ``audit``, ``key``, ``backup``, ``restore``, ``migrate`` and ``doctor
--store`` as people use them: files, database, exit codes."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Voc, voc_in
from tests.program import write_jsonl

ANN, BO = "ann.lee@example.com", "C-2"
KETTLE = "the blue kettle of my late aunt"
FEED: list[dict[str, Any]] = [
    {"id": "m-1", "time": "2026-11-03", "channel": "email", "customer": ANN,
     "text": f"Nobody replied to my three messages about {KETTLE}, nobody cares. I am leaving you for good.",
     "reply": "Dear guest, your remarks were recorded."},
    {"id": "r-1", "time": "2026-11-05", "channel": "review", "customer": ANN,
     "text": f"前台一直没人理我，我姑妈的蓝色茶壶没人管。 {KETTLE}"},
    {"id": "r-2", "time": "2026-11-04", "channel": "review", "customer": BO,
     "text": "The porter shouted at my grandmother in the lobby, what a rude man."},
    {"id": "r-3", "time": "2026-11-08", "channel": "review", "text": "電話打了三次都沒人接，沒有人回覆我。"},
    {"id": "r-4", "time": "2026-11-09", "channel": "review", "customer": BO, "text": "The lobby has a clock."},
]  # fmt: skip


def holds(folder: Path, *needles: str) -> list[str]:
    """Files below ``folder`` with any of ``needles`` in their bytes."""
    raw = [n.encode() for n in needles]
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return [str(p.relative_to(folder)) for p in files if any(n in p.read_bytes() for n in raw)]


def counts(workspace: Path) -> list[tuple[Any, ...]]:
    with sqlite3.connect(workspace / "voc.sqlite3") as database:
        rows = database.execute("SELECT time, labels, channel FROM predictions p JOIN documents d ON seq = document")
        found = rows.fetchall()
    database.close()
    return found


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a workspace that was reported on, exported from and backed up. Tests copy it."""
    folder = tmp_path_factory.mktemp("subjects")
    write_jsonl(folder / "feed.jsonl", FEED)
    run = voc_in(folder)
    for arguments in (
        ("run", "feed.jsonl", "--week", "2026-W45"),
        ("export", "documents", "-o", "plain.jsonl"),
        ("export", "documents", "--identified", "-o", "names.jsonl"),
        ("backup", "monday.voc"),
    ):
        done = run(*arguments)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def folder(told: Path, tmp_path: Path) -> Path:
    shutil.copytree(told, tmp_path / "copy")
    return tmp_path / "copy"


def test_a_request_of_access_is_answered_in_full_and_audited(folder: Path) -> None:
    run = voc_in(folder)
    answer = json.loads(run("subject", ANN, "--json").stdout)
    assert [d["id"] for d in answer["documents"]] == ["m-1", "r-1"]
    assert KETTLE in answer["documents"][0]["text"]
    assert answer["documents"][0]["source"] == "feed.jsonl"
    assert answer["documents"][0]["labels"]
    assert answer["reports"][0]["week"] == "2026-W45"
    copied = [(c["kind"], c["identified"], Path(c["file"]).name) for c in answer["copies"]]
    assert copied == [("export", False, "plain.jsonl"), ("export", True, "names.jsonl"), ("backup", True, "monday.voc")]
    (pseudonym,) = {
        row["customer"] for row in map(json.loads, (folder / "plain.jsonl").read_text("utf-8").splitlines())
        if row["id"] == "m-1"
    }  # fmt: skip
    assert ANN not in (folder / "plain.jsonl").read_text("utf-8")
    assert run("key", "rotate").returncode == 0
    assert (folder / "voc-workspace" / "pseudonym.key").stat().st_size == 32
    by_pseudonym = json.loads(run("subject", pseudonym, "--json").stdout)
    assert by_pseudonym["documents"] == answer["documents"], "an old export still leads to its customer"
    assert run("export", "documents", "-o", "later.jsonl").returncode == 0
    assert pseudonym not in (folder / "later.jsonl").read_text("utf-8")
    entries = json.loads(run("audit", "--since", "2020-01-01", "--json").stdout)["entries"]
    actions = [e["action"] for e in entries]
    assert actions == ["export", "export", "backup", "subject", "key rotate", "subject", "export"]
    assert [e["detail"]["identified"] for e in entries if e["action"] == "export"] == [False, True, False]
    assert ANN not in json.dumps(entries)
    assert "audit" not in run("audit", "--since", "2999-01-01").stdout


def test_the_key_of_the_environment_cannot_be_rotated(folder: Path) -> None:
    done = voc_in(folder)("key", "rotate", VOC_KEY="something long and secret")
    assert done.returncode == 2
    assert "VOC_KEY" in done.stderr


def test_forget_keeps_counts_and_removes_everything_else(folder: Path) -> None:
    run, workspace = voc_in(folder), folder / "voc-workspace"
    before, report = counts(workspace), json.loads((workspace / "reports/2026-W45/report.json").read_text("utf-8"))
    assert holds(workspace, KETTLE)
    dry = json.loads(run("forget", ANN, "--dry-run", "--json").stdout)["forget"]
    assert (dry["documents"], dry["dry_run"]) == (2, True)
    assert holds(workspace, KETTLE), "a dry run changes nothing"
    done = run("forget", ANN, "--reason", "ticket 88", "--as-of", "2026-11-10")
    assert done.returncode == 0, done.stderr
    assert "2 documents forgotten" in done.stdout
    assert "names.jsonl" in done.stdout
    assert "monday.voc" in done.stdout
    assert holds(workspace, KETTLE, ANN, "我姑妈的蓝色茶壶") == []
    assert counts(workspace) == [("2026-11-03" if t == "2026-11-03" else t, *rest) for t, *rest in before]
    after = json.loads((workspace / "reports/2026-W45/report.json").read_text("utf-8"))
    assert after["weeks"] == report["weeks"]
    assert "[forgotten]" in json.dumps(after)
    assert "removed at the customer" in (workspace / "reports/2026-W45/report.html").read_text("utf-8")
    again = run("run", "feed.jsonl", "--week", "2026-W45")
    assert again.returncode == 0
    assert json.loads((workspace / "reports/2026-W45/report.json").read_text("utf-8")) == after, "nothing is told anew"
    shutil.copy(folder / "feed.jsonl", folder / "same.jsonl")
    read = json.loads(run("ingest", "same.jsonl", "--json").stdout)["ingest"]
    assert (read["added"], read["duplicates"], read["forgotten"]) == (0, 3, 2)
    assert "forgotten already" in run("forget", ANN).stdout
    unknown = run("forget", "nobody@example.com")
    assert unknown.returncode == 2
    assert "nothing is held about" in unknown.stderr
    sound = run("doctor", "--store")
    assert sound.returncode == 0, sound.stdout
    assert "2 forgotten documents without words" in sound.stdout


def test_restore_forgets_again_who_was_forgotten_since(folder: Path) -> None:
    run = voc_in(folder)
    assert run("forget", ANN).returncode == 0
    done = run("restore", "monday.voc", "-w", "back")
    assert done.returncode == 0, done.stderr
    assert "1 customers forgotten again" in done.stdout
    assert holds(folder / "back", KETTLE, ANN) == []
    assert stat.S_IMODE((folder / "back").stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in (folder / "back").rglob("*") if p.is_file()} == {0o600}
    assert counts(folder / "back") == counts(folder / "voc-workspace")
    assert run("restore", "monday.voc", "-w", "back").returncode == 2, "it never writes into an old one"
    (folder / "monday.voc.forgotten").rename(folder / "aside")
    refused = run("restore", "monday.voc", "-w", "other")
    assert refused.returncode == 1
    assert "monday.voc.forgotten is missing" in refused.stderr
    assert not (folder / "other").exists()
    named = run("restore", "monday.voc", "-w", "other", "--forgotten", folder / "voc-workspace" / "forgotten.json")
    assert named.returncode == 0, named.stderr
    assert holds(folder / "other", KETTLE) == []
    assert run("restore", "monday.voc", "-w", "third", "--no-forgotten").returncode == 0
    assert holds(folder / "third", KETTLE), "only whoever asks for it gets everything back"


def test_damaged_and_foreign_files_are_refused(folder: Path) -> None:
    run = voc_in(folder)
    (folder / "note.zip").write_bytes(b"not a zip")
    with zipfile.ZipFile(folder / "other.zip", "w") as archive:
        archive.writestr("manifest.json", json.dumps({"kind": "something else", "files": {}}))
    with zipfile.ZipFile(folder / "monday.voc") as good, zipfile.ZipFile(folder / "bad.voc", "w") as bad:
        for name in good.namelist():
            data = good.read(name)
            bad.writestr(name, data[:-1] + b"X" if name.endswith(".parquet") else data)
    for name, words in (
        ("note.zip", "note.zip is not a voc backup"),
        ("other.zip", "other.zip is not a voc backup"),
        ("bad.voc", ".parquet in bad.voc is damaged"),
    ):
        done = run("restore", name, "-w", "new", "--no-forgotten")
        assert done.returncode == 1
        assert words in done.stderr
        assert not (folder / "new").exists()
    assert run("backup", "monday.voc").returncode == 2, "a backup never replaces a file"


def test_a_backup_is_private_and_says_what_it_holds(folder: Path) -> None:
    assert stat.S_IMODE((folder / "monday.voc").stat().st_mode) == 0o600
    with zipfile.ZipFile(folder / "monday.voc") as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert set(archive.namelist()) == {"manifest.json", *manifest["files"]}
    assert "reports/2026-W45/report.json" in manifest["files"]
    assert manifest["documents"] == len(FEED)


def test_retention_takes_words_and_keeps_counts_and_reports(folder: Path) -> None:
    run, workspace = voc_in(folder), folder / "voc-workspace"
    before = counts(workspace)
    report = (workspace / "reports/2026-W45/report.json").read_bytes()
    assert "0 documents" in run("retention", "--as-of", "2026-12-31").stdout
    due = json.loads(run("retention", "--as-of", "2027-12-14", "--dry-run", "--json").stdout)["retention"]
    assert (due["documents"], due["before"], due["days"]) == (4, "2026-11-09", 400)
    assert len([row for row in before if row[0] == "2026-11-09"]) == 1, "that one is of a later week, which is kept"
    assert "4 documents" in run("retention", "--as-of", "2027-12-14").stdout
    with sqlite3.connect(workspace / "voc.sqlite3") as database:
        words = database.execute("SELECT text, rest FROM contents ORDER BY document").fetchall()
        named = database.execute("SELECT id FROM documents WHERE customer IN (?, ?)", (ANN, BO)).fetchall()
    database.close()
    assert [bool(text) for text, _ in words] == [False] * 4 + [True]
    assert not any("remarks" in rest for _, rest in words), "answers are words, too"
    assert named == [("r-4",)]
    assert counts(workspace) == before
    assert (workspace / "reports/2026-W45/report.json").read_bytes() == report
    shutil.copy(folder / "feed.jsonl", folder / "same.jsonl")
    read = json.loads(run("ingest", "same.jsonl", "--json").stdout)["ingest"]
    assert (read["added"], read["duplicates"]) == (0, 5)
    left = json.loads(run("subject", ANN, "--json").stdout)
    assert [(d["text"], d["erased"]) for d in left["documents"]] == [("", "expired")] * 2
    assert run("forget", ANN).returncode == 0, "who expired can still be forgotten"
    assert run("doctor", "--store").returncode == 0


def test_a_wrong_date_does_not_empty_the_store(folder: Path) -> None:
    run = voc_in(folder)
    write_jsonl(folder / "typo.jsonl", [{"id": "x", "time": "2062-11-03", "text": "A clock hangs in the lobby."}])
    done = run("run", "typo.jsonl", "--week", "2026-W45")
    assert done.returncode == 0, done.stderr
    assert "retention would take the words out of 5 documents" in done.stderr
    assert "voc retention --as-of 2062-11-03" in done.stderr
    assert holds(folder / "voc-workspace", KETTLE)
    (folder / "voc-workspace" / "voc.toml").write_text("[retention]\ndays = 0\n")
    assert "for ever" in run("retention", "--as-of", "2062-11-03").stdout


def test_doctor_names_what_is_wrong_and_what_mends_it(folder: Path) -> None:
    run, workspace = voc_in(folder), folder / "voc-workspace"
    (workspace / "reports/2026-W45/report.md").write_text("edited")
    noted = run("doctor", "--store")
    assert noted.returncode == 0
    assert "report.md is not what was written" in noted.stdout
    assert "voc report --week 2026-W45 --revision 1" in noted.stdout
    with sqlite3.connect(workspace / "voc.sqlite3") as database:
        database.execute("UPDATE predictions SET labels = '[]'")
    database.close()
    assert "documents were counted, the store holds others now" in run("doctor", "--store").stdout
    with sqlite3.connect(workspace / "voc.sqlite3") as database:
        database.execute("UPDATE reports SET value = value || ' '")
        database.execute("DELETE FROM outputs WHERE prediction = 1")
        database.execute("UPDATE inputs SET documents = 9")
        database.execute("DROP TRIGGER audit_stands")
        database.execute("UPDATE audit SET who = 'somebody'")
    database.close()
    done = run("doctor", "--store", "--json")
    assert done.returncode == 1
    faults = {c["name"]: c for c in json.loads(done.stdout)["checks"] if c["state"] == "fault"}
    assert set(faults) == {"rows", "sources", "reports", "audit"}
    assert all(fault["mend"] for fault in faults.values())
    assert done.stderr.startswith("Error: the store of voc-workspace has ")


def test_migrate_tries_on_a_copy_first(run_voc: Voc, tmp_path: Path) -> None:
    from voc.store.connection import Database
    from voc.store.migrations import MIGRATIONS, migrate

    (tmp_path / "old").mkdir()
    database = Database(tmp_path / "old", readonly=False)
    migrate(database, MIGRATIONS[:7])
    database.close()
    before = (tmp_path / "old" / "voc.sqlite3").read_bytes()
    tried = run_voc("migrate", "--dry-run", "-w", "old", "--json")
    assert json.loads(tried.stdout)["migrate"]["pending"] == [m.id for m in MIGRATIONS[7:]]
    assert (tmp_path / "old" / "voc.sqlite3").read_bytes() == before
    assert "applied: 0008_subjects" in run_voc("migrate", "-w", "old").stdout
    assert "has the schema" in run_voc("migrate", "-w", "old").stdout
    assert "no voc workspace" in run_voc("migrate", "-w", "nowhere").stderr


def test_a_correction_by_hand_is_audited(folder: Path) -> None:
    run = voc_in(folder)
    assert run("label", "set", "r-2", "discourtesy=no", "--reason", "a film", "--by", "Ana").returncode == 0
    (entry,) = [e for e in json.loads(run("audit", "--json").stdout)["entries"] if e["action"] == "label"]
    assert entry["detail"]["by"] == ["Ana"]
    assert entry["detail"]["labels"][0][1:] == ["discourtesy.complaint", "no"]
