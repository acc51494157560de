"""The record of deliveries: an intent before a report is sent, what became of it after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from voc.store.base import Part

STARTED, SENT, FAILED, UNKNOWN = "started", "sent", "failed", "unknown"
_COLUMNS: Final = "number, week, revision, target, kind, state, attempts, reason, detail, digest"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of a revision to a target. ``state``: sent, failed (nothing arrived), unknown (it may have
    arrived), or started, which means unknown as soon as its process is gone. ``reason``: why it was sent again,
    ``detail``: what the server said, ``digest``: sha256 of what was sent."""

    number: int
    week: str
    revision: int
    target: str
    kind: str
    state: str
    attempts: int
    reason: str
    detail: str
    digest: str

    @property
    def is_uncertain(self) -> bool:
        """Whether nobody knows if it arrived."""
        return self.state in (STARTED, UNKNOWN)


class Deliveries(Part):
    """The part of the store that knows what was sent where."""

    def deliveries(self, week: str | None = None, target: str | None = None) -> list[Delivery]:
        """What was sent, or tried, in order; of one week or to one target, if given."""
        sql = f"""SELECT {_COLUMNS} FROM deliveries
            WHERE (?1 IS NULL OR week = ?1) AND (?2 IS NULL OR target = ?2) ORDER BY number"""  # noqa: S608
        return [Delivery(*row) for row in self._db.rows(sql, (week, target))]

    def last_deliveries(self, count: int) -> list[Delivery]:
        """The last ``count`` of them, the latest first."""
        sql = f"SELECT {_COLUMNS} FROM deliveries ORDER BY number DESC LIMIT ?"  # noqa: S608
        return [Delivery(*row) for row in self._db.rows(sql, (count,))]

    def start_delivery(self, week: str, revision: int, target: str, kind: str, reason: str, digest: str) -> int:
        """Note what is about to be sent, before a byte of it leaves; the number of the delivery."""
        with self._db.transaction():
            return self._db.insert(
                """INSERT INTO deliveries (week, revision, target, kind, state, attempts, reason, detail, digest)
                VALUES (?, ?, ?, ?, ?, 0, ?, '', ?)""",
                (week, revision, target, kind, STARTED, reason, digest),
            )

    def finish_delivery(self, number: int, state: str, attempts: int, detail: str) -> None:
        """Note what became of it."""
        with self._db.transaction():
            self._db.execute(
                "UPDATE deliveries SET state = ?, attempts = ?, detail = ? WHERE number = ?",
                (state, attempts, detail, number),
            )
