"""docs/errors.md names every exit code, every kind of error and every message that the source has."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

import pytest

from scripts import index_errors
from tests.program import ROOT, voc

PAGE = ROOT / "docs" / "errors.md"


def test_the_page_is_what_the_source_says() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "index_errors.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", index_errors.classes())
def test_every_class_has_its_code_and_says_what_to_do(name: str) -> None:
    code = index_errors.classes()[name].exit_code
    assert re.search(rf"^\| `{name}` \| {code} \| \S.+ \| \S.+ \|$", PAGE.read_text("utf-8"), re.MULTILINE)


def test_every_exit_code_is_listed_once() -> None:
    listed = re.findall(r"^\| (\d+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    codes = {one.exit_code for one in index_errors.classes().values()} | {0, 130}
    assert sorted(map(int, listed)) == sorted(codes)


def test_every_kind_that_the_command_line_tells_is_listed() -> None:
    tree = ast.parse((ROOT / "voc" / "cli" / "__init__.py").read_text("utf-8"))
    told = {
        call.args[3].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and getattr(call.func, "attr", "") == "fail"
        and len(call.args) == 4
        and isinstance(call.args[3], ast.Constant)
    }
    assert told >= {"UsageError", "Interrupted", "MemoryError", "OSError"}
    assert told <= set(index_errors.classes()) | set(index_errors.OTHERS)


def test_a_message_of_the_program_is_found_by_its_words(tmp_path) -> None:
    done = voc("status", "-w", tmp_path / "none", "--json")
    error = done.json["error"]
    row = re.search(rf"^### {error['type']}$(.*?)(?=^### |\Z)", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert row is not None
    patterns = [line.split(" | ")[0].removeprefix("| ") for line in row[1].splitlines() if line.startswith("| ")]
    assert any(re.fullmatch(re.escape(p).replace("…", ".+"), error["message"]) for p in patterns[1:]), error


def test_nothing_of_this_is_invented() -> None:
    """Every message of the page is written in some source, and the page cannot be emptied unnoticed."""
    told = index_errors.messages()
    assert sum(map(len, told.values())) > 150
    assert all(told[name] for name in ("UsageError", "StoreError", "InputError", "ModelError", "ConfigError"))
