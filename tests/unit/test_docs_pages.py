"""README.zh.md, PRIVACY.md, SECURITY.md and docs/: what they name is there, what they count is so."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import click
import pytest

from tests.program import ROOT
from voc import errors
from voc.cli import COMMANDS, cli
from voc.config import load_config
from voc.pipeline.segments import LEAST

PAGES = (
    "README.zh.md",
    "PRIVACY.md",
    "SECURITY.md",
    *(f"docs/{n}.md" for n in ("cluster", "errors", "licences", "training")),
)
CODE = re.compile(r"```sh\n(.*?)```|`([^`\n]+)`", re.DOTALL)
WORDS = {5: "five"}


def text(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def calls(page: str) -> list[str]:
    """Every voc command of a page, as it is typed, without its comment."""
    lines = [line for block, word in CODE.findall(text(page)) for line in (block or word).splitlines()]
    found = (re.match(r"(?:\.venv/bin/)?voc ([a-z][^#]*)", line) for line in lines)
    return [one[1].strip() for one in found if one]


@cache
def command(name: str) -> click.Command:
    found = cli.get_command(click.Context(cli), name)
    assert found is not None
    return found


def fault(call: str) -> str:
    """What is wrong with a command as a page has it, "" for nothing."""
    name, *rest = call.split()
    if name not in COMMANDS:
        return f"there is no command {name}"
    one = command(name)
    if isinstance(one, click.Group) and rest and re.fullmatch(r"[a-z]+", rest[0]):
        below = one.get_command(click.Context(one), rest[0])
        if below is None:
            return f"there is no command {name} {rest[0]}"
        one = below
    options = {o for p in one.params for o in (*p.opts, *p.secondary_opts)} | {"--help"}
    return ", ".join(f"{name} has no {w}" for w in rest if w.startswith("-") and w not in options)


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_their_options_are_there(page: str) -> None:
    assert [f for call in calls(page) if (f := fault(call))] == []


def test_the_pages_name_commands_at_all() -> None:
    assert len(calls("README.zh.md")) > 25
    assert len(calls("PRIVACY.md")) > 15


@pytest.mark.parametrize("call", ["frobnicate", "themes frobnicate", "run --frobnicate x", "key turn"])
def test_a_wrong_command_is_found(call: str) -> None:
    assert fault(call)


@pytest.mark.parametrize("page", (*PAGES, "README.md"))
def test_links_lead_somewhere(page: str) -> None:
    folder = (ROOT / page).parent
    targets = re.findall(r"\]\(([^)#\s]+)\)", text(page)) if page != "docs/errors.md" else []
    assert [t for t in targets if "://" not in t and not (folder / t).exists()] == []


def test_the_chinese_readme_names_every_exit_code() -> None:
    found = re.search(r"退出码：(.+?)。", text("README.zh.md"), re.DOTALL)
    assert found is not None
    classes = [v for v in vars(errors).values() if isinstance(v, type) and issubclass(v, errors.VocError)]
    told = {int(code) for code in re.findall(r"(?:^|，\n?)(\d+) ", found[1])}
    assert told == {c.exit_code for c in classes} | {0, 130}


def test_the_make_targets_that_pages_name_are_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))
    for page in (*PAGES, "README.md"):
        assert set(re.findall(r"(?:^|`)make ([a-z-]+)", text(page), re.MULTILINE)) <= targets, page


def test_the_privacy_page_has_the_terms_of_the_settings() -> None:
    page = text("PRIVACY.md")
    assert f"`retention.days` in voc.toml, {load_config(None).retention.days} by default" in page
    assert f"words expire after {load_config(None).retention.days}\ndays" in page
    assert f"fewer than {WORDS[LEAST]} documents" in page


def test_tests_that_the_privacy_page_names_are_there() -> None:
    sources = "".join(p.read_text("utf-8") for p in Path(ROOT / "tests").rglob("test_*.py"))
    named = re.findall(r"`(test_\w+)`", text("PRIVACY.md"))
    assert len(named) >= 4
    assert [name for name in named if f"def {name}(" not in sources] == []
