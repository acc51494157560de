"""Every command has help with an example, and help is quick because nothing heavy is imported."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tests.cli.conftest import Voc
from tests.program import ROOT, environment
from voc import __version__
from voc.cli import COMMANDS, cli
from voc.cli.common import LANGUAGES
from voc.config import LANGUAGES as CONFIG_LANGUAGES

HEAVY = {
    "bertopic", "jieba", "jinja2", "matplotlib", "numpy", "onnx", "onnxruntime", "opencc", "pandas", "pyarrow",
    "scipy", "sklearn", "sqlite3", "tokenizers", "torch", "transformers", "weasyprint", "xlsxwriter",
}  # fmt: skip


def all_commands() -> list[tuple[str, ...]]:
    """Words of every command and of every command below a group."""
    context = click.Context(cli)
    names: list[tuple[str, ...]] = []
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        names.append((name,))
        if isinstance(command, click.Group):
            names += [(name, below) for below in command.list_commands(context)]
    return names


def leaf(words: tuple[str, ...]) -> click.Command:
    command: click.Command = cli
    for word in words:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), word)
        assert found is not None
        command = found
    return command


def test_the_commands_are_those_that_were_promised() -> None:
    promised = (
        "init run ingest classify themes trends report deliver schedule cases actions status rejects search explain "
        "export label train evaluate subject forget retention audit key backup restore migrate config models doctor"
    )
    assert list(COMMANDS) == promised.split()
    assert {("config", "show"), ("models", "list")} <= set(all_commands())


@pytest.mark.parametrize("words", all_commands(), ids=" ".join)
def test_help_has_an_example(run_voc: Voc, words: tuple[str, ...]) -> None:
    done = run_voc(*words, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Example:\n" in done.stdout
    examples = done.stdout.split("Example:\n")[1].splitlines()
    assert examples
    assert all(line.startswith(f"  voc {' '.join(words)}") for line in examples)


@pytest.mark.parametrize("words", all_commands(), ids=" ".join)
def test_every_command_has_the_common_options(words: tuple[str, ...]) -> None:
    command = leaf(words)
    if isinstance(command, click.Group):
        return
    options = {name for parameter in command.params for name in parameter.opts}
    assert {"--json", "-v", "--verbose", "-q", "--quiet", "--log-format"} <= options


@pytest.mark.parametrize("words", all_commands(), ids=" ".join)
def test_every_option_is_explained(words: tuple[str, ...]) -> None:
    for parameter in leaf(words).params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


def test_languages_of_the_option_are_those_of_the_settings() -> None:
    assert LANGUAGES == CONFIG_LANGUAGES


def test_version_and_no_command(run_voc: Voc) -> None:
    assert run_voc("--version").stdout == f"voc {__version__}\n"
    bare = run_voc()
    assert bare.returncode == 2
    assert "Usage: voc" in bare.stderr


@pytest.mark.parametrize("args", ["--help", "run --help", "export --help"])
def test_help_is_quick(args: str, tmp_path: Path) -> None:
    """Seconds of the processor, which are those of the clock on an idle machine: help runs in one thread and waits for
    nothing. The first run writes bytecode; the best of the others is the program, the rest is the machine."""
    command = [sys.executable, "-m", "voc", *args.split()]
    variables = environment(PYTHONPYCACHEPREFIX=str(tmp_path))
    seconds = []
    for _ in range(4):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(seconds[1:]) < 0.3


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from voc.cli import COMMANDS, main\n"
        "codes = [main(['--help'])] + [main([name, '--help']) for name in COMMANDS]\n"
        "sys.stderr.write(repr((codes, sorted({name.split('.')[0] for name in sys.modules}))))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
    )
    codes, modules = eval(done.stderr)
    assert set(codes) == {0}
    assert HEAVY & set(modules) == set()


def test_checkout_is_what_runs() -> None:
    assert (ROOT / "voc" / "cli" / "__init__.py").is_file()
