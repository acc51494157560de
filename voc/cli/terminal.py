"""The two streams of a command: results on stdout, everything else on stderr.

Customer text is hostile input: no control character of it reaches the terminal.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, TextIO

from voc.cli.language import ENGLISH, VARIABLE, Speech, settled

if TYPE_CHECKING:
    from click import HelpFormatter

    from voc.cli.progress import Bar
    from voc.pipeline import Progress, RunResult

# Escape sequences start with a control character; bidirectional overrides make a line read backwards.
_UNSAFE: Final = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]")


def write_example(formatter: HelpFormatter, example: str) -> None:
    """The section of a help page that shows how a command is used; its lines are not wrapped."""
    with formatter.section("Example"):
        for line in example.splitlines():
            formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


def safe_json(value: object, indent: int | None = None) -> bytes:
    """JSON of ``value`` for a terminal: what the form itself leaves as it is but a terminal obeys, or shows backwards,
    is escaped. It is the same value for whatever reads it."""
    from voc.exports import to_json

    data = to_json(value, indent)
    if data.isascii() and b"\x7f" not in data:
        return data
    lines = data.decode("utf-8").split("\n")
    return "\n".join(_UNSAFE.sub(lambda c: f"\\u{ord(c[0]):04x}", line) for line in lines).encode("utf-8")


def printable(line: str) -> str:
    """``line`` as one line without control and bidirectional characters; spaces stay as they are."""
    return _UNSAFE.sub("", line.replace("\r\n", " ").replace("\n", " "))


@dataclass
class Terminal:
    """How a command speaks. ``verbosity``: -1 quiet, 0, 1 and more verbose; ``json``: stdout is one JSON document;
    ``chosen``: the language of --ui-language or VOC_UI_LANGUAGE, None for neither. JSON and the log are English."""

    json: bool = False
    verbosity: int = 0
    log_json: bool = False
    chosen: str | None = None
    answered: bool = field(default=False, init=False)
    bar: Bar | None = field(default=None, init=False)
    told: Speech = field(default_factory=lambda: Speech(ENGLISH), init=False)

    def guess(self, argv: Sequence[str]) -> None:
        """Reads the form of errors from raw arguments, for usage errors: they arise before options are known."""
        options = list(argv[: argv.index("--")] if "--" in argv else argv)
        self.json = "--json" in options
        self.log_json = "--log-format=json" in options or ("--log-format", "json") in pairwise(options)
        given = [b for a, b in pairwise(options) if a == "--ui-language"]
        given += [o.partition("=")[2] for o in options if o.startswith("--ui-language=")]
        self.speak(given[0] if given else os.environ.get(VARIABLE) or None)

    def speak(self, chosen: str | None) -> None:
        """People are spoken to in the language ``chosen`` from now on, "auto" and None stand for the system's."""
        self.chosen = chosen
        self.told = Speech(settled(chosen))

    @property
    def shows_progress(self) -> bool:
        """True if a progress bar helps: somebody is looking at stderr."""
        return sys.stderr.isatty() and self.verbosity >= 0 and not self.log_json

    def progress(self) -> Progress:
        """Shows how far a stage is, where somebody is looking; otherwise shows nothing."""
        from voc.pipeline import NoProgress

        if not self.shows_progress:
            return NoProgress()
        from voc.cli.progress import Bar

        self.bar = Bar(sys.stderr)
        return self.bar

    def say(self, line: str = "") -> None:
        """One line for people on stdout; nothing with --json, where stdout is for programs."""
        if not self.json:
            self._clear()
            _write(sys.stdout, printable(line) + "\n")

    def note(self, line: str = "") -> None:
        """As ``say``, but left out with -q: what is good to know, not the answer itself; in the language of people."""
        if self.verbosity >= 0:
            self.say(self.told(line))

    def answer(self, value: object) -> None:
        """The JSON document of this command, with --json."""
        if self.json:
            self._clear()
            self._document([safe_json(value, indent=2)])

    def answer_rows(self, name: str, rows: Iterable[object]) -> None:
        """The JSON document ``{name: [...]}`` of this command, with --json; ``rows`` are written one by one."""
        if self.json:
            self._clear()
            self._document(_array(name, rows))

    def result(self, result: RunResult, error: dict[str, Any] | None = None) -> None:
        """What a stage did: its summary with --json, else its lines and at last where the report lies."""
        self.answer(result.summary | ({"error": error} if error else {}))
        for line in result.lines:
            self.note(line)
        if result.report_dir is not None:
            self.say(str(result.report_dir / result.page))

    def fail(self, message: str, hint: str | None, exit_code: int, kind: str) -> int:
        """The error on stderr (as JSON with --log-format json) and, with --json, on stdout if no document stands there
        yet. Returns ``exit_code``."""
        details = {"type": kind, "message": message, "hint": hint, "exit_code": exit_code}
        self._clear()
        if self.log_json:
            line = safe_json({"level": "error", "logger": "voc", **details}).decode("utf-8")
        else:
            line = self.told("Error: ") + _lines(self.told(message))
            line += f"\n  {_lines(self.told(hint))}" if hint else ""
        _write(sys.stderr, line + "\n")
        if self.json and not self.answered:
            self.answer({"error": details})
        return exit_code

    def log(self, line: str) -> None:
        """One line on stderr, above the progress bar."""
        self._clear()
        _write(sys.stderr, line + "\n")

    def close(self) -> None:
        """Sends what is still held back; BrokenPipeError if nobody reads stdout any more."""
        self._clear()
        sys.stdout.flush()

    @staticmethod
    def hush() -> None:
        """Points stdout at nothing, so that Python does not complain about the closed pipe when it ends."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _document(self, chunks: Iterable[bytes]) -> None:
        sys.stdout.flush()
        for chunk in chunks:
            self.answered = True  # not before: where the first chunk cannot be made, the error is the answer
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.write(b"\n")

    def _clear(self) -> None:
        if self.bar is not None:
            self.bar.clear()


def _array(name: str, rows: Iterable[object]) -> Iterator[bytes]:
    opening = b"{\n" + safe_json(name) + b": ["
    for row in rows:
        yield opening + b"\n" + safe_json(row)
        opening = b","
    yield b"\n]}" if opening == b"," else opening + b"]}"


def _lines(message: str) -> str:
    """A message of several lines (a list of columns), each made safe."""
    return "\n  ".join(printable(line) for line in message.splitlines()) or "no message"


def _write(stream: TextIO, text: str) -> None:
    """Writes ``text``; what the encoding of the stream cannot hold is escaped instead of ending the program."""
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
