"""No regular expression of voc takes time that grows with more than the length of a text.

Every compiled pattern is found by a walk over all modules, and the methods that are called on it by a look at their
source. Of each, for each part of it that repeats, texts are made that repeat what the part matches and then fail; what
takes longer than a hundred times what a linear pattern needs is stopped. What is only ever given short texts is listed
with how short.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

import voc
from tests.cost import takes_at_most
from voc.ingest import dates

LENGTH = 40_000  # characters; a square of it is seconds
SECONDS = 0.5  # of processor time
_METHODS = ("match", "fullmatch", "search", "finditer", "findall", "sub", "subn", "split")
# Patterns that see bounded texts only: name -> the most characters that the code gives them.
SHORT: dict[str, int] = {
    **dict.fromkeys(
        (
            f"voc.ingest.dates.{name}"
            for name in ("_NAMED[0]", "_NAMED[1]", "_NAMED[2]", "_NAMED[3]", "_CHINESE", "_AGO_CHINESE")
        ),
        dates._LONGEST,
    ),
    "voc.ingest.mail_signature._DASHED_NAME": 50,
    "voc.privacy.contacts._LOCAL": 64,
    "voc.loop.routes._RULE": 500,  # a line of the company's own voc.toml
    "voc.report.charts._LONG_NUMBER": 50,  # digits of a coordinate in our own SVG
}


def modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(voc.__path__, "voc."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


@cache
def patterns() -> dict[str, re.Pattern[Any]]:
    """Each once, by the name of the first module that holds it."""
    found: dict[str, re.Pattern[Any]] = {}
    seen: set[int] = set()

    def look(name: str, value: object, depth: int) -> None:
        if isinstance(value, re.Pattern):
            if id(value) not in seen:
                seen.add(id(value))
                found[name] = value
        elif depth and isinstance(value, dict):
            for key, one in value.items():
                look(f"{name}[{key!r}]", key, depth - 1)
                look(f"{name}[{key!r}]", one, depth - 1)
        elif depth and isinstance(value, list | tuple | set | frozenset):
            for number, one in enumerate(value):
                look(f"{name}[{number}]", one, depth - 1)
        elif depth and type(value).__module__.startswith("voc") and not isinstance(value, type):
            for key in getattr(type(value), "__dataclass_fields__", ()):
                look(f"{name}.{key}", getattr(value, key, None), depth - 1)

    for module in modules():
        for name, value in vars(module).items():
            if not name.startswith("__"):
                look(f"{module.__name__}.{name}", value, 3)
    return found


def _in_set(items: list[Any], negated: bool) -> str:
    """A character of a class."""
    categories = {
        ops.CATEGORY_DIGIT: "1",
        ops.CATEGORY_SPACE: " ",
        ops.CATEGORY_WORD: "a",
        ops.CATEGORY_NOT_DIGIT: "a",
        ops.CATEGORY_NOT_SPACE: "a",
        ops.CATEGORY_NOT_WORD: "-",
    }
    members: set[str] = set()
    for op, value in items:
        if op is ops.LITERAL:
            members.add(chr(value))
        elif op is ops.RANGE:
            members.add(chr(value[0]))
        elif op is ops.CATEGORY:
            members.add(categories[value])
    if not negated:
        return min(members, default="a")
    pattern = re.compile("[" + re.escape("".join(sorted(members))) + "]")
    return next(c for c in "a 1-,.x\n中\x01" if not pattern.match(c))


def sample(tree: Any) -> str:
    """A text that the (sub-)pattern matches, or nearly."""
    out = ""
    for op, value in tree:
        if op in (ops.LITERAL,):
            out += chr(value)
        elif op is ops.NOT_LITERAL:
            out += "a" if value != ord("a") else "b"
        elif op is ops.ANY:
            out += "a"
        elif op is ops.IN:
            negated = value[0][0] is ops.NEGATE
            out += _in_set(value[1:] if negated else value, negated)
        elif op is ops.BRANCH:
            out += sample(value[1][0])
        elif op is ops.SUBPATTERN:
            out += sample(value[3])
        elif op is ops.ATOMIC_GROUP:
            out += sample(value)
        elif op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
            out += sample(value[2]) * max(1, min(value[0], 3))
    return out


def _children(tree: Any) -> Iterator[Any]:
    """The sub-patterns of a pattern, and their own."""
    for op, value in tree:
        inner: list[Any] = []
        if op is ops.BRANCH:
            inner = list(value[1])
        elif op is ops.SUBPATTERN:
            inner = [value[3]]
        elif op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
            inner = [value[2]]
        elif op is ops.ATOMIC_GROUP:
            inner = [value]
        elif op in (ops.ASSERT, ops.ASSERT_NOT):
            inner = [value[1]]
        for one in inner:
            yield one
            yield from _children(one)


def pumps(source: str, flags: int) -> list[str]:
    """What repeated parts of a pattern match, each kind once; and what stands before the repetition."""
    tree = parser.parse(source, flags)
    found: dict[str, None] = {}
    for part in (tree, *_children(tree)):
        before = ""
        for node in part:
            op, value = node
            if op in (ops.MAX_REPEAT, ops.MIN_REPEAT) and value[1] > 20:
                body = sample(value[2])
                found |= {body: None, before + body: None}
                if op is not None and len(body) == 1:
                    found[f"{before[-20:]}\0{body}"] = None
            before += sample([node])
    whole = sample(tree)
    return [text for text in (*found, whole, whole[:-1]) if text][:24]


@cache
def sources() -> dict[str, str]:
    """The source of each module."""
    return {module.__name__: Path(module.__file__).read_text("utf-8") for module in modules()}


def calls(name: str) -> list[str]:
    """The methods that voc calls on the pattern of this name: all, where it is called by another one."""
    module, _, last = name.rpartition(".")
    places = [sources()[module]] if last.startswith("_") and module in sources() else sources().values()
    wanted = re.compile(rf"\b{re.escape(last)}\.({'|'.join(_METHODS)})\b")
    return sorted({method for text in places for method in wanted.findall(text)} or _METHODS)


class _Slow(Exception):
    pass


def _stop(*_: object) -> None:
    raise _Slow


def slow_at(pattern: re.Pattern[Any], length: int, methods: Sequence[str] = ("search",)) -> str | None:
    """The text (its pump) on which one of ``methods`` of the pattern takes too long."""
    raw = isinstance(pattern.pattern, bytes)
    text = pattern.pattern.decode("latin-1") if raw else pattern.pattern
    whole = [method for method in ("match", "fullmatch") if method in methods]
    previous = signal.signal(signal.SIGVTALRM, _stop)
    try:
        for pump in pumps(text, pattern.flags & ~re.UNICODE):
            head, zero, body = pump.partition("\0")
            long = head + body * (length // max(1, len(body))) if zero else pump * (length // len(pump))
            for end in ("\x01", ""):
                subject: Any = (long + end).encode("latin-1", "replace") if raw else long + end
                signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
                try:
                    for method in whole:
                        getattr(pattern, method)(subject)
                    if len(whole) < len(methods):
                        deque(pattern.finditer(subject), maxlen=0)
                finally:
                    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    except _Slow:
        return pump
    finally:
        signal.signal(signal.SIGVTALRM, previous)
    return None


def test_every_pattern_is_linear() -> None:
    slow = {}
    for name, pattern in patterns().items():
        pump = slow_at(pattern, min(LENGTH, SHORT.get(name, LENGTH)), calls(name))
        if pump is not None:
            slow[name] = pump
    assert slow == {}


def test_the_list_of_exceptions_is_in_use() -> None:
    assert set(SHORT) <= set(patterns())
    assert len(patterns()) > 100


@pytest.mark.parametrize("source", [r"(a+)+$", r"\s+$", r"[xy]z", r"<[^>]*x>", r"\w+@\w+"])
def test_slow_patterns_are_found(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.hostile.test_patterns.SECONDS", 0.3)
    found = []
    assert takes_at_most(5, lambda: found.append(slow_at(re.compile(source), LENGTH)))
    assert (found[0] is None) == (source == r"[xy]z")
