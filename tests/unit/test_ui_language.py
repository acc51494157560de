"""The language of the command line: every text has its translations, a text is told by its own key, what is chosen is
spoken, and what programs read stays English."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts import translate
from tests.program import voc
from voc.cli.language import CATALOGUES, CHOICES, Speech, language_of, settled, words_of
from voc.cli.terminal import Terminal
from voc.config import UI_LANGUAGES

MARKS = [f"\u2039v {i}\u203a" for i in range(12)]  # no text of the source holds them
KEYS = sorted(translate.wanted())
SPEECH = {language: Speech(language) for language in CATALOGUES}


def filled(template: str) -> str:
    return template.format(*MARKS)


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_text_is_translated_and_none_is_stale(language: str) -> None:
    assert list(translate.faults(language)) == [], "python scripts/translate.py, then translate what is empty"


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_text_is_told_by_its_own_translation(language: str) -> None:
    """No key takes the text of another, whatever is filled in."""
    speech, told = SPEECH[language], {str(m.id): str(m.string) for m in translate.catalogue(language) if m.id}
    wrong = {key: speech(filled(key)) for key in KEYS if speech(filled(key)) != filled(told[key])}
    assert wrong == {}


def test_the_scripts_are_not_mixed() -> None:
    simplified, traditional = (
        {m.id: str(m.string) for m in translate.catalogue(language) if m.id} for language in CATALOGUES
    )
    for key in KEYS:
        assert not set("错误软网络设备执选项请为还") & set(traditional[key]), key
        assert not set("錯誤軟網絡設備執選項請為還") & set(simplified[key]), key
    assert sum(simplified[key] != traditional[key] for key in KEYS) > 0.8 * len(KEYS)


@given(st.text(max_size=60), st.sampled_from([*CATALOGUES]))
def test_whatever_a_text_holds_it_is_told(text: str, language: str) -> None:
    """Braces and words of customers are data: a text is shown, in one language or the other, and all that is filled in
    stands in it."""
    assert Speech("en")(text) == text
    assert text in SPEECH[language](f"there is no theme {text}!")


def test_a_text_that_looks_like_a_key_is_no_key() -> None:
    speech = SPEECH["zh-Hans"]
    assert speech("{0} does not exist") == "{0} 不存在"
    assert speech("{1}{name} {0!r}") == "{1}{name} {0!r}"


def test_a_cause_in_a_message_is_told_too_and_names_are_not() -> None:
    speech = SPEECH["zh-Hant"]
    assert speech("cannot read interrupted: no such file") == "無法讀取 interrupted：no such file"
    assert speech("the export cannot be noted in the audit log: cannot lock w: full").endswith("無法鎖定 w：full")


def test_what_a_column_was_taken_for_is_told_and_its_name_is_not() -> None:
    speech = SPEECH["zh-Hans"]
    told = "reviews.csv: text <- Review text (free text, 117 characters on average)"
    assert speech(told) == "reviews.csv: text <- Review text（自由文本，平均 117 个字符）"
    assert speech("a.csv: rating <- Stars (numbers from 1 to 5)") == "a.csv: rating <- Stars（1 到 5 的数字）"


@pytest.mark.parametrize("name", ["late refund on the phone", "the box is empty", "answers in May is late"])
@pytest.mark.parametrize("language", CATALOGUES)
def test_a_name_that_reads_like_a_text_stays_as_it_is(
    language: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files and themes are named by people: what is said of one holds its name letter by letter."""
    speech = SPEECH[language]
    assert name in speech(f"cannot read {name}: no such file")
    assert name in speech(f"there is no theme {name}")
    err = io.TextIOWrapper(io.BytesIO(), "utf-8")
    monkeypatch.setattr(sys, "stderr", err)
    terminal = Terminal()
    terminal.speak(language)
    terminal.fail(f"there is no theme {name}", None, 2, "UsageError")
    err.seek(0)
    assert name in err.read()


@pytest.mark.parametrize("language", CATALOGUES)
def test_what_is_not_of_the_source_is_shown_as_it_is(language: str) -> None:
    for text in ("No space left on the device", "one thing on another"):
        assert SPEECH[language](text) == text


@pytest.mark.parametrize(
    ("chosen", "environment", "language"),
    [
        (None, {}, "en"), ("auto", {"LANG": "en_US.UTF-8"}, "en"), (None, {"LANG": "C"}, "en"),
        ("auto", {"LANG": "zh_CN.UTF-8"}, "zh-Hans"), (None, {"LANG": "zh_TW.UTF-8"}, "zh-Hant"),
        ("auto", {"LANG": "zh_HK"}, "zh-Hant"), (None, {"LANG": "zh_SG"}, "zh-Hans"), (None, {"LANG": "zhx"}, "en"),
        ("auto", {"LANG": "zh_CN", "LC_ALL": "en_GB.UTF-8"}, "en"), (None, {"LANG": "zh_CN", "LC_ALL": ""}, "zh-Hans"),
        ("en", {"LANG": "zh_CN"}, "en"), ("zh-Hant", {"LANG": "zh_CN"}, "zh-Hant"), ("fr", {"LANG": "zh_CN"}, "en"),
    ],
)  # fmt: skip
def test_which_language_is_spoken(chosen: str | None, environment: Mapping[str, str], language: str) -> None:
    assert settled(chosen, environment) == language


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[general]\nui_language = "zh-Hans"\n', "zh-Hans"), ('ui_language = "zh-Hant"\n', "zh-Hant"), ("", None),
        ("ui_language = 3\n", None), ("general = 3\n", None), ("[general\n", None), ("[report]\n", None),
    ],
)  # fmt: skip
def test_a_workspace_may_choose(tmp_path: Path, text: str, says: str | None) -> None:
    assert language_of(tmp_path) is None
    (tmp_path / "voc.toml").write_text(text, "utf-8")
    assert language_of(tmp_path) == says


def test_choices_are_those_of_the_settings() -> None:
    assert set(CHOICES) == set(UI_LANGUAGES)
    assert words_of("a {0} b {{c}}") == ("a ", " b {c}")


def test_json_and_the_log_are_english(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = {}
    for log_json in (False, True):
        err = io.TextIOWrapper(io.BytesIO(), "utf-8")
        monkeypatch.setattr(sys, "stderr", err)
        terminal = Terminal(log_json=log_json)
        terminal.speak("zh-Hans")
        assert terminal.fail("the query is empty", "Name a word that the documents hold.", 2, "UsageError") == 2
        err.seek(0)
        shown[log_json] = err.read()
    assert shown[False] == "错误：查询为空\n  请写一个文档中会出现的词。\n"
    assert json.loads(shown[True])["message"] == "the query is empty"


def test_the_program_speaks_chinese_and_its_json_does_not(tmp_path: Path) -> None:
    for language, says in (("zh-Hans", "错误："), ("zh-Hant", "錯誤：")):
        told = voc("--ui-language", language, "status", "-w", tmp_path / "none")
        plain = voc("status", "-w", tmp_path / "none", env={"VOC_UI_LANGUAGE": language})
        assert (told.code, told.err) == (plain.code, plain.err)
        assert told.err.startswith(says) and "voc init" in told.err and "no voc workspace" not in told.err
        data = voc(f"--ui-language={language}", "status", "--json", "-w", tmp_path / "none")
        assert data.json == voc("status", "--json", "-w", tmp_path / "none").json
        wrong = voc(f"--ui-language={language}", "status", "--frobnicate")
        assert wrong.code == 2 and "No such option" not in wrong.err and "--frobnicate" in wrong.err
    assert voc("--ui-language", "fr", "status").code == 2


def test_the_settings_of_a_workspace_decide_where_nothing_else_does(tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    assert voc("init", "-w", workspace).code == 0
    (workspace / "voc.toml").write_text('ui_language = "zh-Hant"\n', "utf-8")
    unset = {"VOC_UI_LANGUAGE": "", "LC_ALL": "C.UTF-8"}
    assert voc("search", " ", "-w", workspace, env=unset).err.startswith("錯誤：")
    assert voc("--ui-language", "en", "search", " ", "-w", workspace, env=unset).err.startswith("Error: ")
