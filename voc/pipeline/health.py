"""``voc doctor --store``: whether the store is whole, agrees with what was told, and with the files beside it.

A fault is something that no run, however it was killed, leaves behind; a note is what the next run or the command that
is named mends by itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from voc.checks import FAULT, NOTE, OK, Check
from voc.errors import StoreError
from voc.pipeline.context import ALL, Context, reading
from voc.pipeline.trending import counted_rows, trends_fingerprint
from voc.report import parse_report
from voc.results import WeekRow
from voc.store import Fault

_SHARD_MEND: Final = "Delete that file and run voc again: it is made anew."


def examine_store(workspace: Path) -> list[Check]:
    """All findings on the store of ``workspace``, worst first within each check; reads everything, changes nothing."""
    try:
        with reading(workspace) as context:
            return list(_findings(context))
    except StoreError as error:
        return [Check("store", FAULT, error.message, error.hint)]


def _findings(context: Context) -> Iterator[Check]:
    store = context.store
    pages = store.page_faults()
    yield from _told(pages, Check("database", OK, "every page, index and reference is sound"))
    if pages:  # what stands on damaged pages cannot be judged
        return

    def shards() -> list[Fault]:
        return [Fault(p, _SHARD_MEND) for p in store.problems()]

    def entries() -> list[Fault]:
        return [Fault(p, _AUDIT_MEND) for p in store.audit_problems()]

    checks: tuple[tuple[Callable[[], list[Fault]], Check], ...] = (
        (store.orphans, Check("rows", OK, "no row lacks what belongs to it")),
        (store.count_faults, Check("sources", OK, "every row that was read is accounted for")),
        (shards, Check("vectors", OK, "every file is what was written")),
        (store.report_faults, Check("reports", OK, "every revision is what was told")),
        (lambda: _count_faults(context), Check("counts", OK, "what is told is what the documents come to")),
        (entries, Check("audit", OK, "no entry is missing or changed")),
        (store.key_faults, Check("forgotten", OK, "who was forgotten can be known again")),
    )
    for check, sound in checks:
        yield from _told(check(), sound)
    yield from _files(context)
    yield from _left_to_do(context)


_AUDIT_MEND: Final = "Somebody changed the database by hand: compare it with a backup, and tell who is responsible."


def _told(faults: list[Fault], sound: Check) -> Iterator[Check]:
    yield from (Check(sound.name, FAULT, fault.what, fault.mend) for fault in faults)
    if not faults:
        yield sound


def _count_faults(context: Context) -> list[Fault]:
    """The weekly counts of the latest week that is up to date, counted again from the documents."""
    scopes = [scope for scope, *_ in context.store.reports() if " " not in scope]
    for scope in sorted(set(scopes), reverse=True):
        week = None if scope == ALL else scope
        again = Context(replace(context.options, week=week), context.config, context.store, context.progress)
        saved = context.store.trends(scope)
        if saved is None or context.store.stage_fingerprint("trends", scope) != trends_fingerprint(again):
            continue
        before, after = (_counts(rows) for rows in (saved, counted_rows(again)))
        return [
            Fault(
                f"{row[0]}: {row[1]:,} documents were counted, the store holds others now",
                "Documents or labels were changed from outside: voc restore FILE -w NEW brings back a backup.",
            )
            for row in before
            if row not in after
        ]
    return []


def _counts(rows: list[WeekRow]) -> list[tuple[object, ...]]:
    return [
        (r.week, r.documents, r.customers, tuple((label, c.n, c.k) for label, c in sorted(r.cells.items())))
        for r in rows
    ]


def _files(context: Context) -> Iterator[Check]:
    """Reports whose files are not what was written, and weeks told otherwise than they are counted now."""
    changed = 0
    for one in context.store.report_folders():
        for name, digest in sorted(one.files.items()):
            file = one.folder / name
            if file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() != digest:
                changed += 1
                week = one.scope.split(" ")[0]
                mend = f"voc report --week {week} --revision {one.revision}" if week != ALL else "voc report"
                yield Check("files", NOTE, f"{file} is not what was written", mend)
    if not changed:
        yield Check("files", OK, "every report is what was written")
    for scope, revision in sorted({s: r for s, r, _ in context.store.reports() if " " not in s}.items()):
        rows, saved = context.store.trends(scope), context.store.report(scope, revision)
        current = parse_report(saved.value).current if saved else None
        now = [row for row in rows or () if current and row.week == current.week]
        if current and now and _counts([current]) != _counts(now):
            mend = f"voc report --week {scope}" if scope != ALL else "voc report"
            yield Check("restated", NOTE, f"{scope} is counted otherwise than its last report told", mend)


def _left_to_do(context: Context) -> Iterator[Check]:
    errands = context.store.errands()
    if errands:
        kinds = ", ".join(
            f"{kind} {json.loads(target)['folder'] if target else ''}".strip() for _, kind, target in errands
        )
        yield Check("forget", NOTE, f"a forget was interrupted; left to do: {kinds}", "voc retention finishes it")
    erased = context.store.erased()
    if erased:
        told = ", ".join(f"{count:,} {why}" for why, count in erased.items())
        yield Check("words", OK, f"{told} documents without words")
