"""The one connection of a store: how it is opened, how it commits, and what its errors mean to a user.

Durability: WAL with ``synchronous=FULL``. A kill of the process needs no sync at all in WAL mode; FULL also keeps
every finished batch through a power cut, for one fsync per batch of some hundred documents. Readers open the file
read-only: WAL gives them the last commit and never makes them wait.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from voc.errors import LockedError, StoreError
from voc.store import files

FILE_NAME = "voc.sqlite3"
BUSY_SECONDS = 10.0

Value = str | int | float | bytes | None
Row = tuple[Any, ...]


def commit(connection: sqlite3.Connection) -> None:
    """End the running transaction. Every commit of every store goes through here (a commit point)."""
    connection.execute("COMMIT")


class Database:
    """A thin wrapper of one SQLite connection: statements, transactions, errors in the user's words."""

    def __init__(self, workspace: Path, *, readonly: bool) -> None:
        """Open the database of ``workspace``; a writer makes it (0600) where it is absent. StoreError if that fails."""
        self.path = workspace / FILE_NAME
        self.readonly = readonly
        with self._explained():
            if not readonly:
                try:
                    files.private_file(self.path)
                except OSError as error:
                    raise StoreError(
                        f"cannot write {self.path}: {error.strerror}", "Name a writable workspace with -w."
                    ) from error
            self._connection = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?{self._mode()}", uri=True, timeout=BUSY_SECONDS, isolation_level=None
            )
            with ExitStack() as undo:
                undo.callback(self._connection.close)
                self._configure()
                undo.pop_all()  # all is well: it stays open

    def _mode(self) -> str:
        if not self.readonly:
            return "mode=rw"
        # WAL makes even readers write a little beside the file. Where they may not (an archive, a read-only mount) and
        # nothing is left in a WAL, the file is all there is and is read as it stands.
        archived = not os.access(self.path.parent, os.W_OK) and not self.path.with_name(f"{FILE_NAME}-wal").exists()
        return "mode=ro&immutable=1" if archived else "mode=ro"

    def _configure(self) -> None:
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.execute("PRAGMA application_id")  # reads the header: "not a database" shows here
        if not self.readonly:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")

    def close(self) -> None:
        """Close the connection; the last one to close folds the WAL back into the file."""
        self._connection.close()

    def execute(self, sql: str, values: Sequence[Value] = ()) -> int:
        """Run one statement; the number of rows it changed."""
        with self._explained():
            return self._connection.execute(sql, values).rowcount

    def insert(self, sql: str, values: Sequence[Value] = ()) -> int:
        """Run one INSERT; the rowid of the new row."""
        with self._explained():
            return int(self._connection.execute(sql, values).lastrowid or 0)

    def execute_many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run one statement for each of ``rows``."""
        with self._explained():
            self._connection.executemany(sql, rows)

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[Row]:
        """All rows of a query."""
        with self._explained():
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Value] = ()) -> Row | None:
        """The first row of a query, or None."""
        with self._explained():
            found: Row | None = self._connection.execute(sql, values).fetchone()
            return found

    def integer(self, sql: str, values: Sequence[Value] = ()) -> int:
        """The integer that a query answers with; 0 where it answers nothing."""
        found = self.row(sql, values)
        return int(found[0]) if found and found[0] is not None else 0

    def define(self, name: str, function: Any) -> None:
        """Make a pure Python function of one argument available to SQL as ``name``."""
        self._connection.create_function(name, 1, function, deterministic=True)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements of the block or none of them; the write lock is taken at once. A block within a block is a
        part of it."""
        if self.readonly:
            raise StoreError(f"{self.path} was opened for reading only")
        within = self._connection.in_transaction
        if within:
            yield
            return
        with self._explained():
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            with self._explained():
                commit(self._connection)
        finally:
            if self._connection.in_transaction:  # not committed; a full disk may have ended it already
                self._connection.execute("ROLLBACK")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All queries of the block see the same state, whatever a writer commits meanwhile. Keep it short: a snapshot
        that stays open keeps the WAL from being folded back."""
        if self._connection.in_transaction:
            yield
            return
        with self._explained():
            self._connection.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            self._connection.execute("ROLLBACK")  # nothing was written

    def copy_to(self, path: Path) -> None:
        """Copy the database as it stands at one moment to the new file ``path`` (0600), whatever others write
        meanwhile: SQLite's backup in one step, which a writer neither disturbs nor waits for."""
        files.private_file(path)
        with self._explained():
            target = sqlite3.connect(path)
            try:
                self._connection.backup(target)
                target.execute("PRAGMA journal_mode = DELETE")  # one file, without a WAL beside it
            finally:
                target.close()

    def overwrite_deleted(self) -> None:
        """From now on, what this connection deletes is overwritten with zeros in the file."""
        with self._explained():
            self._connection.execute("PRAGMA secure_delete = ON").fetchall()

    def compact(self) -> None:
        """Build the file anew and empty the WAL, so that no page keeps a remnant of what was deleted. LockedError while
        a reader holds the WAL."""
        with self._explained():
            self._connection.execute("VACUUM")
            busy, *_ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise LockedError(f"{self.path} is being read", "Run the same command again when the reader is done.")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """What SQLite says, as an error with a hint; programming errors (constraints, syntax) pass as they are."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", -1) & 0xFF
            if "Could not decode to UTF-8" in str(error):  # said by Python, without a code: a page has other bytes
                code = sqlite3.SQLITE_CORRUPT
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise LockedError(f"another process is writing to {self.path}", "Try again when it is done.") from error
            if code in _EXPLANATIONS:
                what, hint = _EXPLANATIONS[code]
                raise StoreError(f"{self.path} {what}", hint) from error
            raise


_EXPLANATIONS = {
    sqlite3.SQLITE_NOTADB: ("is not a voc workspace's database", "Name another workspace with -w."),
    sqlite3.SQLITE_CORRUPT: (
        "is damaged",
        "Restore it from a backup, or move the workspace away and run again on the same inputs.",
    ),
    sqlite3.SQLITE_FULL: ("cannot grow: the disk is full", "Free some space and run again; nothing done is lost."),
    sqlite3.SQLITE_IOERR: (
        "cannot be read or written (I/O error)",
        "Check the disk and its free space, then run again; nothing done is lost.",
    ),
    sqlite3.SQLITE_READONLY: ("cannot be written", "Give yourself write permission, or name another one with -w."),
    sqlite3.SQLITE_PERM: ("cannot be opened: no permission", "Check its owner and mode, or name another one with -w."),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "Check that the workspace exists and that you may write to it."),
}
