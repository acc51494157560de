"""Objects with named values, from JSONL, JSON arrays and Parquet: canonical names are taken as they are, other columns
are chosen as in a table."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from voc.documents import Reject
from voc.errors import AmbiguousColumns, InputError, UsageError
from voc.ingest.columns import FIELDS, check_fields, infer
from voc.ingest.dates import DayOrder, needs_order, settle_order, tell_order
from voc.ingest.record import Builder, IngestOptions, Stats
from voc.ingest.source import Opened, Rows

_SAMPLE: Final = 1000  # objects that are looked at before reading
_SAMPLE_SIZE: Final = 16 * 1024 * 1024  # characters of their values
_MOST_KEYS: Final = 500  # of the sample that may be columns
_CANONICAL: Final = frozenset((*FIELDS, "turns"))

Objects = Callable[[], Iterator[tuple[int, dict[str, Any] | Reject]]]


def open_objects(file: str, objects: Objects, options: IngestOptions, notes: tuple[str, ...] = ()) -> Opened:
    """Decide which key is what. ``objects`` streams (row number, object or reject), the same each time.

    A field is the key of its own name, else the one that header and values speak for, as in a table. Raises UsageError
    where the mapping names a key that no object of the sample has, AmbiguousColumns where several keys could be the
    text.
    """
    check_fields(options.mapping)
    sample = list(_bounded(objects()))
    keys = list(dict.fromkeys(key for value in sample for key in value if key != "turns" or value[key]))
    choices = [*notes]
    for name, key in options.mapping.items():
        if key and sample and key not in keys:
            listed = ", ".join(sorted(keys)[:40])
            raise UsageError(f"--map {name}={key}: {file} has no key {key!r}", f"its keys are {listed}")
        choices.append(f"{name} <- {key or 'none'} (--map)")
    given = {name: name for name in sorted(_CANONICAL) if name in keys} | dict(options.mapping)
    inferred = _infer(file, keys, sample, given, choices)
    mapping = {**options.mapping, **inferred}
    told = {name: key for name in sorted(_CANONICAL) if (key := mapping.get(name, name)) in keys}
    order = _day_order(objects, sample, told, choices)

    def read(stats: Stats) -> Rows:
        builder = Builder(file, options, order, numbers=True, stats=stats)
        for number, value in objects():
            if isinstance(value, Reject):
                yield number, value
            else:
                yield number, builder.build(number, *_split(value, mapping))

    return Opened(told, tuple(choices), read)


def _bounded(objects: Iterator[tuple[int, dict[str, Any] | Reject]]) -> Iterator[dict[str, Any]]:
    size = 0
    for _, value in itertools.islice(objects, _SAMPLE):
        if isinstance(value, Reject):
            continue
        yield value
        size += sum(map(_weight, value.values()))
        if size > _SAMPLE_SIZE:
            return


def _weight(value: object) -> int:
    """About the characters of a value."""
    weight, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        weight += len(one) if isinstance(one, str) else 10
        if isinstance(one, dict | list):
            waiting.extend(one.values() if isinstance(one, dict) else one)
    return weight


def _infer(
    file: str, keys: list[str], sample: list[dict[str, Any]], given: Mapping[str, str], choices: list[str]
) -> dict[str, str]:
    """Keys for the fields that have none of their own; {} where the objects say nothing."""
    plain = [key for key in keys if key != "turns" and not _nested(key, sample)][:_MOST_KEYS]
    known = {name: key if key in plain else "" for name, key in given.items() if name in FIELDS}
    if "turns" in given and "text" not in known:
        if not plain:
            return {}
        known["text"] = plain[0]  # any: the text comes from the turns
    if known.get("text") == "":
        return {}
    rows = [[_cell(value.get(key)) for key in plain] for value in sample]
    try:
        plan = infer(file, plain, rows, known)
    except AmbiguousColumns:
        raise
    except InputError:
        return {}  # rows without a text become rejects that say so
    found = {name: plain[index] for name, index in plan.columns.items() if name not in given and name != "text"}
    if "text" not in known:
        found["text"] = plain[plan.columns["text"]]
    choices += [c for c in plan.choices if any(c.startswith(f"{n} <- {k} (") for n, k in found.items())]
    return found


def _nested(key: str, sample: list[dict[str, Any]]) -> bool:
    return any(isinstance(value.get(key), dict | list) for value in sample)


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _split(value: dict[str, Any], mapping: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Canonical values and the rest. ``metadata`` of the object joins the rest; ``source`` names where a document comes
    from and is metadata, since here a document's source is its file."""
    taken = {key for key in mapping.values() if key}
    fields = {name: value[key] for name, key in mapping.items() if key and key in value}
    rest: dict[str, Any] = {}
    for key, content in value.items():
        if key in taken:
            continue
        if key in _CANONICAL and key not in mapping:
            fields[key] = content
        elif key == "metadata" and isinstance(content, dict):
            rest.update({inner: one for inner, one in content.items() if inner not in rest})
        else:
            rest[key] = content
    return fields, rest


def _day_order(
    objects: Objects, sample: list[dict[str, Any]], mapping: Mapping[str, str], choices: list[str]
) -> DayOrder:
    """Settled over all objects, in a pass of its own, where the sample has dates that need it."""
    keys = [mapping[name] for name in ("time", "reply_time") if name in mapping]

    def written(values: Iterator[dict[str, Any]]) -> Iterator[str]:
        return (one.strip() for value in values for key in keys if isinstance(one := value.get(key), str))

    slashed = next((one for one in written(iter(sample)) if needs_order(one)), None)
    if slashed is None:
        return DayOrder.DAY_FIRST
    order, decided = settle_order(written(value for _, value in objects() if isinstance(value, dict)))
    choices.append(tell_order(slashed, order, decided=decided))
    return order
