"""The workspace: documents, predictions, themes, trends and reports in SQLite, vectors in Parquet beside it.

    W/voc.sqlite3    everything but vectors; all SQL of voc lives in this package
    W/vectors/       Parquet shards, see `voc.store.vectors`
    W/.lock          one writing command at a time, see `lock`; W/.lock.pid names it
    W/run.json       the last run (written by the pipeline)
    W/reports/       the default place of reports

Guarantees: each method that writes does so in one transaction that is durable when it returns, and may be called again
after a kill without doing anything twice; readers see whole transactions and never wait for the writer.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType

from voc.errors import StoreError
from voc.store.cases import Cases
from voc.store.connection import FILE_NAME, Database
from voc.store.documents import Documents
from voc.store.families import Families, Signed, Twin
from voc.store.files import private_folder, secret, write_atomic, write_json_atomic
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
    InputState,
    Membership,
    Run,
    SavedReport,
    StoredReject,
)
from voc.store.themes import Themes
from voc.store.vectors import Vectors

__all__ = [
    "FILE_NAME",
    "BatchResult",
    "Counted",
    "Detail",
    "HandLabel",
    "InputState",
    "LineageChange",
    "Membership",
    "Run",
    "SavedReport",
    "Signed",
    "Store",
    "StoredReject",
    "Twin",
    "lock",
    "private_folder",
    "secret",
    "write_atomic",
    "write_json_atomic",
]


class Store(Inputs, Documents, Families, Predictions, HandLabels, Themes, Reports, Cases):
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
                store._sweep()
            else:
                check(database)
                if pending(database):
                    Store.open(workspace, create=False).close()  # a writer brings it up to date
            undo.pop_all()  # all is well: it stays open
        return store

    def snapshot(self) -> AbstractContextManager[None]:
        """A block in which a reader sees the store at one moment, whatever a run commits meanwhile."""
        return self._db.snapshot()

    def close(self) -> None:
        """Close the store; it cannot be used any more."""
        self._db.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:  # a folder that may not be entered
        raise StoreError(f"cannot read {path}: {error.strerror}", "Name another workspace with -w.") from error
