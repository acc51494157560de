"""The quality gate: a TOML file with floors and ceilings, by data set, and the digests of what they were measured on.

    [dev]
    data = "<sha256 of the labelled files>"
    model = "<id of the classifier>"
    documents = 465
    [dev.floor]
    "f1.complaints" = 0.7
    [dev.ceiling]
    "ece" = 0.05
    [dev.measured]
    "f1.complaints" = 0.7312

A bound is made looser only by ``loosen`` of ``set_gate``, whose reason is written beside it.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from voc.classify.evaluate import Figure
from voc.errors import ConfigError, QualityGateError
from voc.taxonomy import COMPLAINT

_FLOOR, _CEILING, _MEASURED = "floor", "ceiling", "measured"
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_MEANS = ("f1.complaints", "f1.praises", "f1.leave", "evidence")
_CEILINGS = ("ece", "gap.languages")
# How far a new bound lies from the measured figure, as a share of the way to the end of its interval: figures move by a
# few documents where a model is rebuilt or a library changes, and a loss of half an interval should be noticed.
_SLACK = 0.5
_HEAD = """\
# Floors and ceilings of measured figures, checked by `voc evaluate DATA --gate FILE` (`make gate`), exit code 5 where
# one is missed. Written by `voc evaluate DATA --gate FILE --set-floors` (`make floors`), which never makes a bound
# looser unless --lower REASON says why. Each bound lies half of the way from the measured figure to the end of its
# 95% interval. `data` and `model` name what was measured.
"""


def read_gate(path: Path) -> dict[str, dict[str, Any]]:
    """The entries of a gate file by name of the data; ConfigError where it is damaged, {} where there is no file."""
    try:
        entries = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot read the gate {path}: {error}", "Set it anew with --set-floors.") from error
    for name, entry in entries.items():
        if not isinstance(entry, dict) or not {"data", "model"} <= entry.keys():
            raise ConfigError(f"{path}: [{name}] lacks data or model", "Set it anew with --set-floors.")
    return entries


def check_gate(measured: Mapping[str, Figure], gate: Mapping[str, Any], data: str, model: str) -> None:
    """Compare figures with the floors and ceilings of one entry of a gate.

    QualityGateError names every figure that misses its bound, or says that the data (sha256 hex) or the model (id) is
    not what the bounds were measured on; ConfigError where the gate names no such figure.
    """
    for what, given, now in (("data", gate.get("data"), data), ("the model", gate.get("model"), model)):
        if given != now:
            raise QualityGateError(
                f"the gate's bounds were measured on {what} {given}, not {now}",
                "Measure again and set the bounds together with --set-floors, on purpose.",
            )
    missed = []
    for kind, sign in ((_FLOOR, 1.0), (_CEILING, -1.0)):
        for name, bound in gate.get(kind, {}).items():
            if name not in measured:
                raise ConfigError(f"the gate names an unknown figure {name!r}", f"There are: {', '.join(measured)}.")
            if sign * (measured[name].value - float(bound)) < 0.0:
                missed.append(f"{name} is {measured[name].value:.4f}, its {kind} is {float(bound):.4f}")
    if missed:
        raise QualityGateError("; ".join(missed), "Find what made it worse; a bound is lowered only on purpose.")


def set_gate(
    path: Path, name: str, measured: Mapping[str, Figure], data: str, model: str, loosen: str | None = None
) -> None:
    """Write the bounds of ``measured`` as the entry ``name`` of the gate ``path``; the other entries stay.

    Bounds that were tighter stay where the figures still keep them. Where a figure misses one, or the entry is of other
    data, QualityGateError, unless ``loosen`` gives the reason, which is written into the file.
    """
    entries = read_gate(path)
    before = entries.get(name, {})
    if before and not loosen:
        try:
            check_gate(measured, {**before, "model": model}, data, model)
        except QualityGateError as error:
            raise QualityGateError(error.message, "If that is meant, say why: --lower REASON.") from error
    bounds = _bounds(measured)
    if before and not loosen:
        for kind, tighter in ((_FLOOR, max), (_CEILING, min)):
            old = before.get(kind, {})
            bounds[kind] = {key: tighter(bound, float(old.get(key, bound))) for key, bound in bounds[kind].items()}
    entry: dict[str, Any] = {"data": data, "model": model, "documents": max(f.documents for f in measured.values())}
    reason = loosen or before.get("lowered")
    entry |= {"lowered": reason} if reason else {}
    bounded = [key for kind in (_FLOOR, _CEILING) for key in bounds[kind]]
    entries[name] = entry | bounds | {_MEASURED: {key: measured[key].value for key in bounded}}
    path.write_text(_HEAD + "".join(_written(key, entries[key]) for key in sorted(entries)), "utf-8")


def _bounds(measured: Mapping[str, Figure]) -> dict[str, Any]:
    floors = [n for n in measured if n in _MEANS or (n.startswith("f1.") and n.endswith(f".{COMPLAINT}"))]
    return {
        _FLOOR: {n: _down(measured[n].value - _SLACK * (measured[n].value - measured[n].low)) for n in floors},
        _CEILING: {
            # A gap may always come near 0: Chinese better than English is no aim.
            n: max(0.0, -_down(-measured[n].value - _SLACK * (measured[n].high - measured[n].value)))
            for n in _CEILINGS
            if n in measured
        },
    }


def _down(value: float) -> float:
    return math.floor(round(value * 100, 6)) / 100


def _written(name: str, entry: Mapping[str, Any]) -> str:
    """One entry as TOML; JSON's strings are TOML's basic strings."""
    table = name if _BARE.fullmatch(name) else json.dumps(name)
    lines = ["", f"[{table}]"]
    for key in ("data", "model", "documents", "lowered"):
        if key in entry:
            lines.append(f"{key} = {json.dumps(entry[key])}")
    for kind, digits in ((_FLOOR, 2), (_CEILING, 2), (_MEASURED, 4)):
        lines += ["", f"[{table}.{kind}]"]
        lines += [f"{json.dumps(key)} = {float(value):.{digits}f}" for key, value in entry.get(kind, {}).items()]
    return "\n".join(lines) + "\n"
