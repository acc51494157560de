"""The texts with which the source speaks to people, as templates: what the catalogues translate.

A text is an argument of one of the calls in which voc says something: an error and its hint, a line of a summary, a
finding of the doctor. ``{0}``, ``{1}`` stand for what is filled in.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
GAP: Final = "…"
_DEPTH: Final = 4  # names that stand for names: deeper is a circle

Known = Mapping[str, list[ast.expr]]


@cache
def trees() -> dict[Path, ast.Module]:
    """Every module of voc, parsed."""
    return {path: ast.parse(path.read_text("utf-8")) for path in sorted((ROOT / "voc").rglob("*.py"))}


def calls(path: Path) -> Iterator[tuple[ast.Call, Known]]:
    """Each call of a module, with what the names in it can stand for: constants of voc, values that its function gives
    them."""
    yield from _below(trees()[path], _constants() | _module(trees()[path]))


def _below(node: ast.AST, known: Known) -> Iterator[tuple[ast.Call, Known]]:
    for child in ast.iter_child_nodes(node):
        inner = known
        if isinstance(child, ast.FunctionDef):
            own: dict[str, list[ast.expr]] = {}
            for name, value in _assigned(ast.walk(child)):
                own.setdefault(name, []).append(value)
            inner = {**known, **own}
        if isinstance(child, ast.Call):
            yield child, inner
        yield from _below(child, inner)


@cache
def _constants() -> dict[str, list[ast.expr]]:
    """What is imported is a constant of another module: their names are taken to mean one thing where they do."""
    found: dict[str, list[ast.expr]] = {}
    for tree in trees().values():
        for name, values in _module(tree).items():
            found.setdefault(name, []).extend(values)
    return {name: values for name, values in found.items() if len(values) == 1 and name.isupper()}


def _module(tree: ast.Module) -> dict[str, list[ast.expr]]:
    return {name: [value] for name, value in _assigned(iter(tree.body))}


def _assigned(nodes: Iterator[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    for node in nodes:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            yield node.target.id, node.value


def called(call: ast.Call) -> str:
    """The name of what is called: ``click.UsageError(...)`` is "UsageError"."""
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def texts(node: ast.expr, known: Known, depth: int = 0) -> list[str]:
    """The texts that an argument can be, with GAP for what is filled in."""
    if isinstance(node, ast.Constant):
        return [str(node.value)] if node.value is not None else [""]
    if isinstance(node, ast.FormattedValue):
        return texts(node.value, known, depth) if _spoken(node, known) else [GAP]
    if isinstance(node, ast.JoinedStr):
        return _joined([texts(part, known, depth) for part in node.values])
    if isinstance(node, ast.IfExp):
        return texts(node.body, known, depth) + texts(node.orelse, known, depth)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _joined([texts(node.left, known, depth), texts(node.right, known, depth)])
    if isinstance(node, ast.Name) and node.id in known and depth < _DEPTH:
        return [text for value in known[node.id] for text in texts(value, known, depth + 1)]
    return [GAP]


def _spoken(node: ast.FormattedValue, known: Known) -> bool:
    """Whether what is filled in is itself a text of the source: a constant, or one of two texts."""
    value = node.value
    if isinstance(value, ast.IfExp):
        return _is_text(value)
    return isinstance(value, ast.Name) and value.id in known and all(map(_is_text, known[value.id]))


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.IfExp):
        return all(_is_text(v) or isinstance(v, ast.JoinedStr) for v in (node.body, node.orelse))
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _joined(parts: list[list[str]]) -> list[str]:
    """Every way to put one text of each part after the other."""
    found = [""]
    for options in parts:
        found = [before + after for before in found for after in options]
    return found


def template(text: str) -> str:
    """A text with GAPs as the key of a catalogue: ``cannot read {0}: {1}``; gaps without a word between are one."""
    parts = re.split(rf"{GAP}(?:{GAP})*", text.replace("{", "{{").replace("}", "}}"))
    return "".join(part + (f"{{{i}}}" if i < len(parts) - 1 else "") for i, part in enumerate(parts))


def said(where: Mapping[str, Callable[[ast.Call], list[ast.expr]]]) -> Iterator[tuple[Path, str]]:
    """(module, template) of what the calls named in ``where`` say; the value gives the arguments that are texts."""
    for path in trees():
        for call, known in calls(path):
            arguments = where.get(called(call))
            for argument in arguments(call) if arguments else []:
                for text in texts(argument, known):
                    if re.search(r"[^\W\d_]{2}", text.replace(GAP, " ")):
                        yield path, template(text)
