"""Writes docs/errors.md: every exit code, every kind of error, and every message of the source with what to do.

    python scripts/index_errors.py            writes it
    python scripts/index_errors.py --check    ends with 1 where it is not what the source says

Codes, classes and causes are those of voc/errors.py; messages and hints are the arguments with which these classes are
called anywhere in voc, with … for what is filled in. What the command line itself adds stands in ``OTHERS``.
"""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Iterator
from typing import Final

from scripts import source_texts
from scripts.source_texts import GAP, ROOT
from voc import errors
from voc.errors import VocError

TARGET: Final = ROOT / "docs" / "errors.md"

TO_DO: Final = {
    "VocError": "Do what the second line of the message says.",
    "UsageError": "Correct the command line; `voc COMMAND --help` shows an example.",
    "ConfigError": "Correct `voc.toml`; `voc config show` prints each setting with where it comes from.",
    "InputError": "Look at the file that is named; `voc ingest --dry-run FILE` shows what it was taken for.",
    "AmbiguousColumns": "Say which column is meant: `--map text=COLUMN`.",
    "StoreError": "`voc doctor --store` says what is damaged and what mends it; else restore a backup.",
    "TooManyRejects": "`voc rejects` lists the rows with their reasons. Mend them, or allow more by "
    "`--max-reject-share`.",
    "ModelError": "Run the command that the message names; `voc doctor` looks at models and packages.",
    "QualityGateError": "Look at the figure that fell before any bound is lowered.",
    "DeliveryError": "The others were sent. Mend the channel and run `voc deliver` again: nothing goes out twice.",
    "LockedError": "Wait for the other run, or say how long to wait: `--wait SECONDS`.",
    "NothingNewError": "Look at the feed: its files did not change, or it went stale.",
}
"""What to do, by class of voc/errors.py."""

OTHERS: Final = {
    "Interrupted": (130, "Ctrl-C or SIGTERM.", "What was done is kept; the same command goes on from there."),
    "MemoryError": (1, "The machine has not enough memory.", "Free some; the same command goes on from there."),
    "OSError": (1, "The system refused a file, a folder or the disk.", "Check space and rights, then run it again."),
    "ClickException": (
        1, "The command line met a file that it cannot open (also under the name of a class below it, such as "
        "FileError).", "Check the path.",
    ),
}  # fmt: skip
"""Kinds that the command line tells beside the classes of voc: exit code, cause, what to do."""


def classes() -> dict[str, type[VocError]]:
    """The classes of voc/errors.py by name, in the order of that file."""
    found = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, VocError)]
    return {one.__name__: one for one in found}


def messages() -> dict[str, dict[str, str]]:
    """For each class, message -> hint ("" where there is none), as templates, in alphabetical order."""
    found: dict[str, dict[str, str]] = {name: {} for name in classes()}
    for path in source_texts.trees():
        for call, known in source_texts.calls(path):
            if source_texts.called(call) not in found or not call.args:
                continue
            hints = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "hint")]
            hint = " / ".join(dict.fromkeys(source_texts.texts(hints[0], known))) if hints else ""
            told = found[source_texts.called(call)]
            for message in source_texts.texts(call.args[0], known):
                if message.strip(f" {GAP}:,()"):
                    told[message] = max(hint, told.get(message, ""))
    return {name: dict(sorted(told.items())) for name, told in found.items()}


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def page() -> Iterator[str]:
    """The lines of docs/errors.md."""
    yield "# Errors and exit codes"
    yield ""
    yield "Written by `python scripts/index_errors.py` from the source. An error says on stderr what is wrong and, in a"
    yield "second line, what to do. With `--log-format json` it is one JSON object a line (`type`, `message`, `hint`,"
    yield "`exit_code`); with `--json` the same stands on stdout as `error`, if no answer stands there."
    yield ""
    yield from _codes()
    yield from _kinds()
    yield "## Messages"
    yield ""
    yield f"{GAP} stands for what is filled in: a file, a row, a value."
    yield ""
    for name, told in messages().items():
        if told:
            yield f"### {name}"
            yield ""
            yield "| message | what it says to do |"
            yield "|---|---|"
            for message, hint in told.items():
                yield f"| {_cell(message)} | {_cell(hint)} |"
            yield ""


def _codes() -> Iterator[str]:
    kinds: dict[int, list[str]] = {0: ["none: done"]}
    for name, one in classes().items():
        kinds.setdefault(one.exit_code, []).append(f"`{name}`")
    for name, (code, _, _) in OTHERS.items():
        kinds.setdefault(code, []).append(f"`{name}`")
    kinds[1].append("an error that nobody foresaw")
    yield "## Exit codes"
    yield ""
    yield "| code | kinds |"
    yield "|---|---|"
    for code, names in sorted(kinds.items()):
        yield f"| {code} | {', '.join(names)} |"
    yield ""


def _kinds() -> Iterator[str]:
    yield "## Kinds"
    yield ""
    yield "| kind | code | cause | what to do |"
    yield "|---|---|---|---|"
    for name, one in classes().items():
        cause = " ".join((inspect.getdoc(one) or "").partition("\n\n")[0].split())
        yield f"| `{name}` | {one.exit_code} | {_cell(cause)} | {TO_DO[name]} |"
    for name, (code, cause, what) in OTHERS.items():
        yield f"| `{name}` | {code} | {cause} | {what} |"
    what = "Run again with `-v` for the traceback, and report it without words of customers."
    yield f"| any other | 1 | An error that nobody foresaw: a fault of voc. | {what} |"
    yield ""


def main() -> int:
    """Writes or checks the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; 1 where the page is out of date")
    check = parser.parse_args().check
    text = "\n".join(page()).rstrip("\n") + "\n"
    if check:
        if not TARGET.exists() or TARGET.read_text("utf-8") != text:
            print("docs/errors.md is out of date: python scripts/index_errors.py")
            return 1
        return 0
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
