"""What the command line prints is safe, whole and on the right stream."""

from __future__ import annotations

import io
import json
import logging

import pytest

from voc.cli.language import Speech
from voc.cli.names import FIELDS, NAMES
from voc.cli.progress import Bar
from voc.cli.terminal import Terminal, printable
from voc.cli.views import hit, outline, padded, reject

HOSTILE = "\x1b]0;owned\x07\x1b[31mred\x9b2J\u202eder\r\nnext"


def test_printable_lets_no_control_character_through() -> None:
    assert printable(HOSTILE) == "]0;owned[31mred2Jder next"
    assert printable("  two\tspaces  忽视 👨‍👩‍👧") == "  two\tspaces  忽视 👨‍👩‍👧"


def test_answers_and_errors_with_json(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    terminal = Terminal(json=True)
    terminal.say("for people")
    terminal.answer({"text": "忽视", "broken": "\ud800"})
    assert terminal.fail("no such file\nx", "Look.", 2, "UsageError") == 2
    out, err = capsysbinary.readouterr()
    assert json.loads(out) == {"text": "忽视", "broken": "\ud800"}
    assert err == b"Error: no such file\n  x\n  Look.\n"


def test_an_error_is_the_answer_where_there_is_none_yet(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal(json=True, log_json=True).fail("broken", None, 1, "StoreError")
    out, err = capsys.readouterr()
    details = {"type": "StoreError", "message": "broken", "hint": None, "exit_code": 1}
    assert json.loads(out) == {"error": details}
    assert json.loads(err) == {"level": "error", "logger": "voc", **details}


@pytest.mark.parametrize("count", [0, 1, 3])
def test_rows_are_one_document(capsys: pytest.CaptureFixture[str], count: int) -> None:
    Terminal(json=True).answer_rows("rows", ({"n": n} for n in range(count)))
    assert json.loads(capsys.readouterr().out) == {"rows": [{"n": n} for n in range(count)]}


def test_quiet_leaves_out_notes_but_not_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(verbosity=-1)
    terminal.note("good to know")
    terminal.say("the answer")
    assert capsys.readouterr().out == "the answer\n"


def test_what_the_encoding_cannot_hold_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    monkeypatch.setattr("sys.stdout", stream)
    Terminal().say("caf\xe9 忽\ud800")
    stream.flush()
    assert stream.buffer.getvalue() == b"caf\xe9 \\u5ffd\\ud800\n"


def test_log_lines_have_a_level_and_no_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    from voc.cli.logging import TerminalHandler

    record = logging.LogRecord("voc.ingest", logging.WARNING, "", 0, "row %d: %s", (3, HOSTILE), None)
    TerminalHandler(Terminal()).emit(record)
    TerminalHandler(Terminal(log_json=True)).emit(record)
    text, line, _ = capsys.readouterr().err.split("\n")
    assert text == "Warning: row 3: ]0;owned[31mred2Jder next"
    assert json.loads(line) == {"level": "warning", "logger": "voc.ingest", "message": f"row 3: {HOSTILE}"}
    assert "\x1b" not in line


def test_bar_tells_share_speed_and_what_is_left() -> None:
    bar = Bar(io.StringIO())
    bar.start("classify", 400)
    bar.advance(100)
    assert bar.line(10.0) == "classify   [######..................]  25%  100/400  10/s  0:30 left"
    bar.start("ingest", None)
    bar.advance(1234)
    assert bar.line(0.5) == "ingest     1,234"
    bar.start("classify", 0)
    assert bar.line(5.0) == "classify   0"


def test_bar_leaves_a_clean_line() -> None:
    stream = io.StringIO()
    bar = Bar(stream)
    bar.start("reading \x1b[31mx", 2)
    bar.advance(2)
    bar.finish()
    drawn = stream.getvalue()
    assert drawn.endswith("\r\x1b[K")
    assert "\x1b[31m" not in drawn
    bar.clear()
    assert stream.getvalue() == drawn


def test_views_are_single_safe_lines() -> None:
    row = {"file": "a.csv", "row": 17, "reason": "bad_time", "detail": "no date", "value": HOSTILE + "x" * 300}
    line = reject(row)
    assert line.startswith("a.csv, row 17: bad_time (no date): ")
    assert "\x1b" not in line
    assert len(line) < 210
    found = {"id": "r-1", "time": None, "channel": "review", "labels": ["neglect.complaint"], "text": "Nobody\ncame."}
    assert hit(found) == "r-1  review  neglect.complaint: Nobody came."


def test_names_of_fields_are_told_in_the_language_and_values_are_not() -> None:
    answer = {"documents": 2, "sources": [{"name": "words", "rows": 3}], "last_run": {"complete": True}, "other": "no"}
    assert list(outline(answer, Speech("zh-Hans"))) == [
        "文档：2", "来源：", "  - 名称：words, 行数：3", "上次运行：", "  完整：是", "other：no",
    ]  # fmt: skip
    assert len(set(NAMES)) == len(NAMES) and set(FIELDS) <= set(NAMES)


def test_columns_count_chinese_characters_twice() -> None:
    assert [padded(text, 6) + "|" for text in ("ok", "正常", "a long one")] == ["ok    |", "正常  |", "a long one|"]


def test_outline_shows_nested_answers() -> None:
    answer = {
        "documents": 1200,
        "sources": [{"name": "a.csv", "rows": 3, "choices": []}],
        "share": 0.12345,
        "done": True,
        "nothing": [],
        "week": {"as_of": "2026-11-15", "labels": ["a", "b"]},
    }
    assert list(outline(answer)) == [
        "documents: 1,200",
        "sources:",
        "  - name: a.csv, rows: 3",
        "share: 0.123",
        "done: yes",
        "week:",
        "  as_of: 2026-11-15",
        "  labels: a, b",
    ]
