"""``voc audit``, and what other commands leave in the log: exports above all, for they are copies that outlive us."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from voc.errors import StoreError, VocError
from voc.pipeline.context import Context, log, reading
from voc.store import FAILED, Held, Store

EXPORT, BACKUP = "export", "backup"
# What holds words or a name of somebody, of what can be exported; themes and trends are counts.
PERSONAL: Final = frozenset({"documents", "segments", "predictions", "cases", "label", "gold"})


def audit_log(workspace: Path, since: str | None) -> list[dict[str, Any]]:
    """The entries of the audit log from the real day ``since`` on (UTC), in order."""
    with reading(workspace) as context:
        return [
            {name: value for name, value in asdict(entry).items() if name != "chain"}
            for entry in context.store.audited(since or "")
        ]


def record_export(workspace: Path, what: str, out: Path, *, identified: bool = False) -> None:
    """Notes in the audit log, before anything is written, that ``what`` goes to ``out``. StoreError where an identified
    export cannot be noted: then it must not be made."""
    if what not in PERSONAL:
        return
    try:
        with Store.open(workspace, create=False) as store:
            told = {"what": what, "file": str(out.absolute()), "identified": identified, "last": store.last_number()}
            store.audit(EXPORT, told)
    except VocError as error:
        if identified:
            raise StoreError(
                f"the export cannot be noted in the audit log: {error.message}",
                "An identified export is only made where it can be noted: give yourself the right to write there.",
            ) from error
        log.warning("%s: the export is not noted in the audit log (%s)", what, error.message)


def copies_of(store: Store, held: Sequence[Held], told: Collection[tuple[str, int]]) -> list[dict[str, Any]]:
    """The copies outside that may hold these documents: exports and backups of the audit log that were made after the
    first of them came in, by their files as they were then; and deliveries of the report revisions ``told``, in which
    they are quoted."""
    if not held:
        return []
    first = min(h.number for h in held)
    found = []
    for entry in store.audited():
        if entry.action in (EXPORT, BACKUP) and int(entry.detail.get("last", 0)) >= first:
            what = str(entry.detail.get("what", entry.action))
            found.append(
                {
                    "kind": entry.action, "what": what, "file": entry.detail["file"], "at": entry.at,
                    "identified": bool(entry.detail.get("identified", True)),
                }
            )  # fmt: skip
    for sent in store.deliveries():
        if (sent.week, sent.revision) in told and sent.state != FAILED:
            what = f"the report of {sent.week}, revision {sent.revision}"
            found.append({"kind": "delivery", "what": what, "file": sent.target, "at": None, "identified": False})
    return found


def as_of_day(context: Context) -> str | None:
    """The as-of day of a command, for its entries."""
    as_of = context.as_of()
    return as_of.isoformat() if as_of else None
