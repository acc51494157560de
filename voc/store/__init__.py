"""The workspace: documents, predictions, themes, trends and reports in SQLite, vectors in Parquet beside it.

    W/voc.sqlite3    everything but vectors; all SQL of voc lives in this package
    W/vectors/       Parquet shards, see `voc.store.vectors`
    W/.lock          one writing command at a time, see `lock`; W/.lock.pid names it
    W/run.json       the last run (written by the pipeline)
    W/reports/       the default place of reports
    W/subjects.key   the secret by which forgotten customers are known again, see `subjects`
    W/forgotten.json who was forgotten, by mark; a copy lies beside each backup that could be reached

Guarantees: each method that writes does so in one transaction that is durable when it returns, and may be called again
after a kill without doing anything twice; readers see whole transactions and never wait for the writer.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType

from voc.errors import StoreError
from voc.store.audit import Audit, AuditEntry
from voc.store.cases import Cases
from voc.store.connection import FILE_NAME, Database
from voc.store.deliveries import FAILED, SENT, STARTED, UNKNOWN, Deliveries, Delivery
from voc.store.documents import Documents
from voc.store.erasing import Erasing, Erasure
from voc.store.families import Families, Signed, Twin
from voc.store.files import SecretHints, private_folder, secret, write_atomic, write_json_atomic
from voc.store.health import Fault, Health
from voc.store.inputs import Inputs
from voc.store.labels import HandLabel, HandLabels
from voc.store.lineage import LineageChange
from voc.store.lock import lock
from voc.store.migrations import check, migrate, pending
from voc.store.predictions import Predictions
from voc.store.reports import Reports
from voc.store.rows import (
    BatchResult,
    Counted,
    Detail,
    Figure,
    Group,
    InputState,
    Membership,
    ReportFolder,
    Run,
    SavedReport,
    Span,
    StoredReject,
)
from voc.store.subjects import EXPIRED, FORGOTTEN, Held, is_mark
from voc.store.themes import Themes
from voc.store.vectors import Vectors

__all__ = [
    "EXPIRED",
    "FAILED",
    "FILE_NAME",
    "FORGOTTEN",
    "SENT",
    "STARTED",
    "UNKNOWN",
    "AuditEntry",
    "BatchResult",
    "Counted",
    "Delivery",
    "Detail",
    "Erasure",
    "Fault",
    "Figure",
    "Group",
    "HandLabel",
    "Held",
    "InputState",
    "LineageChange",
    "Membership",
    "ReportFolder",
    "Run",
    "SavedReport",
    "SecretHints",
    "Signed",
    "Span",
    "Store",
    "StoredReject",
    "Twin",
    "is_mark",
    "lock",
    "pending_migrations",
    "private_folder",
    "secret",
    "write_atomic",
    "write_json_atomic",
]


class Store(
    Inputs, Documents, Families, Predictions, HandLabels, Themes, Reports, Cases, Erasing, Audit, Deliveries, Health
):
    """One workspace, opened for reading or writing; use it as a context manager."""

    def __init__(self, workspace: Path, database: Database) -> None:
        """Use `Store.open`."""
        self.workspace = workspace
        self._db = database
        self._vectors = Vectors(workspace)
        self._frontiers: dict[int, int] = {}

    @classmethod
    def open(cls, workspace: Path, *, create: bool = True, readonly: bool = False) -> Store:
        """Open the store in the folder ``workspace``, bringing an older one to this program's schema.

        ``create`` makes what is absent (a reader never does). A writer should hold `lock`; two that do not are kept
        apart by SQLite and lose nothing. StoreError on a folder that is no workspace or cannot be used, or a store
        that a newer voc wrote.
        """
        workspace = Path(workspace)
        if create and not readonly:
            private_folder(workspace)
        elif not _is_file(workspace / FILE_NAME):
            raise StoreError(
                f"there is no voc workspace in {workspace}", "Make one with voc run or voc init, or name it with -w."
            )
        database = Database(workspace, readonly=readonly)
        store = cls(workspace, database)
        with ExitStack() as undo:
            undo.callback(database.close)
            if not readonly:
                migrate(database)
                store.sweep()
            else:
                check(database)
                if pending(database):
                    Store.open(workspace, create=False).close()  # a writer brings it up to date
            undo.pop_all()  # all is well: it stays open
        return store

    def snapshot(self) -> AbstractContextManager[None]:
        """A block in which a reader sees the store at one moment, whatever a run commits meanwhile."""
        return self._db.snapshot()

    def atomic(self) -> AbstractContextManager[None]:
        """A block of changes that are kept all together or not at all."""
        return self._db.transaction()

    def compact(self) -> None:
        """Build the database anew, so that nothing of what was erased is left in it; LockedError while it is read."""
        self._db.compact()

    def copy_to(self, path: Path) -> None:
        """Copy the database as it stands at this moment to the new file ``path`` (0600)."""
        self._db.copy_to(path)

    def close(self) -> None:
        """Close the store; it cannot be used any more."""
        self._db.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def pending_migrations(workspace: Path, copy_to: Path | None = None) -> list[str]:
    """The names of the migrations that the store of ``workspace`` lacks, which stays as it is; with ``copy_to``, a copy
    of its database is left in that file. StoreError as for `Store.open`."""
    if not _is_file(workspace / FILE_NAME):
        raise StoreError(f"there is no voc workspace in {workspace}", "Name it with -w.")
    database = Database(workspace, readonly=True)
    try:
        check(database)
        if copy_to is not None:
            database.copy_to(copy_to)
        return [m.id for m in pending(database)]
    finally:
        database.close()


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:  # a folder that may not be entered
        raise StoreError(f"cannot read {path}: {error.strerror}", "Name another workspace with -w.") from error
