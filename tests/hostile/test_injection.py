"""Nothing that a customer, a file's name or a setting says becomes markup, a link, a formula, an escape or a path."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import pytest

from tests.hostile.conftest import Company
from tests.hostile.outputs import UNSAFE, check, inventory, known_names, shown_words


def test_payloads_reach_the_outputs(hostile: Company) -> None:
    """Without which the other tests would show nothing."""
    page = shown_words((hostile.workspace / "reports" / "2026-W45" / "report.html").read_text("utf-8"))
    assert page.count("owned") > 20
    assert "evil.example" in page
    assert len(hostile.files()) > 25
    rows = sqlite3.connect(hostile.workspace / "voc.sqlite3").execute("SELECT count(*) FROM documents").fetchone()
    assert rows[0] > 80, "and no payload reached SQL"


def test_every_file_is_inert(hostile: Company) -> None:
    faults = [fault for path in hostile.files() for fault in check(path)]
    assert faults == []


def test_pages_hold_no_more_than_their_twins(hostile: Company, twin: Company) -> None:
    harmless = [p.read_text("utf-8") for p in twin.files() if p.suffix == ".html"]
    names, (_, targets, scripts) = known_names(harmless), map(set().union, *map(inventory, harmless))
    pages = [p for p in hostile.files() if p.suffix == ".html"]
    assert pages
    for page in pages:
        found = inventory(page.read_text("utf-8"))
        assert found[0] <= names, page
        assert {target for target in found[1] - targets if not target.startswith("#")} == set(), page
        assert found[2] <= scripts, page


def test_checks_can_fail(tmp_path: Path) -> None:
    bad = {
        "a.html": "<p onclick=x>\x1b<a href='http://x'>",
        "b.md": "[a](http://b) <b>\n\nhttp://c.example",
        "c.csv": "a,=1\n",
        "d.json": "{NaN}",
        "e.pdf": "/URI",
        "f.log": "\x1b[0m",
    }
    for name, text in bad.items():
        (tmp_path / name).write_text(text, "utf-8")
        assert check(tmp_path / name), name


def test_no_command_sends_an_escape_to_the_terminal(hostile: Company) -> None:
    for command, done in hostile.said.items():
        for stream in (done.out, done.err):
            assert not UNSAFE.findall(stream.replace("\n", "")), command
            assert "Traceback" not in stream, command


def test_no_message_is_forged(hostile: Company) -> None:
    """Messages are on stderr; on stdout a line may begin with words of a customer."""
    for command, done in hostile.said.items():
        forged = [line for line in done.err.splitlines() if re.match(r"(?:Error|Warning): forged", line)]
        assert forged == [], command


def test_json_is_json(hostile: Company) -> None:
    answers = [done.out for command, done in hostile.said.items() if "--json" in command]
    assert len(answers) > 8
    for answer in answers:
        json.loads(answer)


def test_no_file_lies_where_a_name_points(hostile: Company) -> None:
    above = {p.name for p in hostile.folder.parent.iterdir()}
    assert not {name for name in above if "out.jsonl" in name or "owned" in name}
    assert {p.name for p in hostile.folder.iterdir()} == {"feed", "w", "out"}
    for path in hostile.files():
        name = path.relative_to(hostile.folder).as_posix()
        assert name.isascii() and not re.search(r"[^\w./@-]", name), name


def test_refused_members_are_told(hostile: Company) -> None:
    said = hostile.said["rejects"].out
    assert said.count("unsafe_name") == 4
    assert "it is a link, not a file" in said


@pytest.mark.parametrize("command", [["search"], ["explain"], ["cases", "show"], ["themes", "show"]])
def test_arguments_are_data(hostile: Company, tmp_path: Path, command: list[str]) -> None:
    """What somebody pastes into a command does no more than fail."""
    from tests.hostile.payloads import OTHERS, TERMINAL
    from tests.program import voc

    for payload in (*OTHERS[:8], *TERMINAL[:4], *TERMINAL[8:12]):
        done = voc(*command, "-w", hostile.workspace, "--", payload.replace("\0", ""), cwd=tmp_path)
        assert done.code in (0, 1, 2), (payload, done)
        assert not UNSAFE.findall((done.out + done.err).replace("\n", "")), payload
        assert "Traceback" not in done.err
