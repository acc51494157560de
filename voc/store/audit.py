"""The audit log: who did what with personal data, and when.

The one place of voc that reads the wall clock: ``at`` is real time (UTC), because a log that a person could date by an
option would prove nothing; ``day`` is the as-of of the command, where it has one. Rows are never changed or deleted
(triggers refuse it), and each carries a hash over itself and the row before: `audit_problems` names a row that was
changed from outside. Customers stand in it by their mark (`voc.store.subjects`), never by name.
"""

from __future__ import annotations

import datetime as dt
import getpass
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from voc.store.base import Part
from voc.store.rows import dumps

_COLUMNS = "number, at, day, who, action, detail, chain"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row: ``at`` in UTC (ISO 8601, to the second), ``day`` of --as-of or None, ``who``: the user of the operating
    system, ``detail`` as the action has it."""

    number: int
    at: str
    day: str | None
    who: str
    action: str
    detail: Mapping[str, Any]
    chain: str


class Audit(Part):
    """The part of the store that keeps the audit log."""

    def audit(self, action: str, detail: Mapping[str, object], day: str | None = None) -> None:
        """Add an entry; within `atomic` it is kept exactly when the rest of the block is."""
        at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        with self._db.transaction():
            last = self._db.row("SELECT number, chain FROM audit ORDER BY number DESC LIMIT 1") or (0, "")
            row = (int(last[0]) + 1, at, day, _user(), action, dumps(dict(detail)))
            self._db.execute(
                f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                (*row, _chained(str(last[1]), row)),
            )

    def audited(self, since: str = "", action: str | None = None) -> list[AuditEntry]:
        """The entries from the (real) day ``since`` on, of one action or of all, in order."""
        sql = f"SELECT {_COLUMNS} FROM audit WHERE at >= ? AND action = coalesce(?, action) ORDER BY number"  # noqa: S608
        return [
            AuditEntry(number, at, day, who, name, json.loads(detail), chain)
            for number, at, day, who, name, detail, chain in self._db.rows(sql, (since, action))
        ]

    def audit_problems(self) -> list[str]:
        """Entries that are not what was written, or that are missing, one line each; [] where the log is whole."""
        before, expected = "", 1
        found = list[str]()
        for number, *fields, chain in self._db.rows(f"SELECT {_COLUMNS} FROM audit ORDER BY number"):  # noqa: S608
            if number != expected:
                found.append(f"entry {expected} of the audit log is missing")
            if chain != _chained(before, (number, *fields)):
                found.append(f"entry {number} of the audit log is not what was written, or the one before it is not")
            before, expected = str(chain), int(number) + 1
        return found


def _chained(before: str, row: tuple[object, ...]) -> str:
    return hashlib.sha256(f"{before}\n{dumps(row)}".encode()).hexdigest()


def _user() -> str:
    """The user that the system runs this process for, whatever the environment says."""
    if os.name == "nt":
        return getpass.getuser()
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run under a number that has no name
        return str(os.getuid())
