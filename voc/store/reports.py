"""Reports as revisions of weeks, and the log of runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from voc.store.base import Part
from voc.store.rows import ReportFolder, Run, SavedReport, dumps


class Reports(Part):
    """The part of the store that remembers what was told, and by which run."""

    def latest_revision(self, week: str) -> SavedReport | None:
        """The last report that was saved for ``week``; None for the first time."""
        sql = "SELECT week, revision, digest, value FROM reports WHERE week = ? ORDER BY revision DESC LIMIT 1"
        row = self._db.row(sql, (week,))
        return None if row is None else SavedReport(*row)

    def report(self, week: str, revision: int) -> SavedReport | None:
        """One revision of ``week``; None where it was not saved."""
        sql = "SELECT week, revision, digest, value FROM reports WHERE week = ? AND revision = ?"
        row = self._db.row(sql, (week, revision))
        return None if row is None else SavedReport(*row)

    def reports(self) -> list[tuple[str, int, str]]:
        """(week, revision, digest) of all saved reports, by week, then revision."""
        return [(w, r, d) for w, r, d in self._db.rows("SELECT week, revision, digest FROM reports ORDER BY 1, 2")]

    def told_alarms(self) -> list[tuple[str, int, list[dict[str, object]]]]:
        """(week, revision, alarms as report.json has them) of all saved reports that tell of any, by week, then
        revision."""
        sql = """SELECT week, revision, json_extract(value, '$.alarms') FROM reports
            WHERE json_array_length(value, '$.alarms') > 0 ORDER BY 1, 2"""
        return [(week, revision, json.loads(found)) for week, revision, found in self._db.rows(sql)]

    def save_report(self, week: str, revision: int, digest: str, value_json: str) -> None:
        """Save a revision. One that was told is never told otherwise: ValueError where another value holds its place;
        saving the same again changes nothing.
        """
        saved = self.report(week, revision)
        if saved is not None:
            if (saved.digest, saved.value) != (digest, value_json):
                raise ValueError(f"revision {revision} of {week} is another report")
            return
        with self._db.transaction():
            self._db.execute(
                "INSERT INTO reports (week, revision, digest, value) VALUES (?, ?, ?, ?)",
                (week, revision, digest, value_json),
            )

    def note_folder(self, folder: Path, scope: str, revision: int, language: str, files: Mapping[str, str]) -> None:
        """Note that ``folder`` holds this revision in this language now; ``files``: sha256 by name."""
        with self._db.transaction():
            self._db.execute(
                """INSERT OR REPLACE INTO report_folders (folder, scope, revision, language, files)
                VALUES (?, ?, ?, ?, ?)""",
                (self.folder_name(folder), scope, revision, language, dumps(dict(files))),
            )

    def report_folders(self) -> list[ReportFolder]:
        """Where reports were written last, by folder; it may have been moved or deleted since."""
        rows = self._db.rows("SELECT folder, scope, revision, language, files FROM report_folders ORDER BY folder")
        return [
            ReportFolder(self.workspace / folder, scope, revision, language, json.loads(files))
            for folder, scope, revision, language, files in rows
        ]

    def folder_name(self, folder: Path) -> str:
        """How a folder is remembered: relative to the workspace where it lies within, so that both may be moved."""
        within, whole = self.workspace.absolute(), folder.absolute()
        return whole.relative_to(within).as_posix() if whole.is_relative_to(within) else str(whole)

    def start_run(
        self, command: str, inputs: Sequence[Mapping[str, object]] = (), versions: Mapping[str, str] | None = None
    ) -> int:
        """Note that a command began; ``inputs``: name and hash of each. The number of the run."""
        with self._db.transaction():
            return self._db.insert(
                "INSERT INTO runs (command, inputs, versions) VALUES (?, ?, ?)",
                (command, dumps([dict(i) for i in inputs]), dumps(dict(versions or {}))),
            )

    def finish_run(
        self, run: int, exit_code: int, counts: Mapping[str, object], stages: Mapping[str, object] | None = None
    ) -> None:
        """Note how a run ended; ``stages``: seconds, documents and memory by stage, for run.json, too."""
        with self._db.transaction():
            self._db.execute(
                "UPDATE runs SET exit_code = ?, counts = ?, stages = ? WHERE id = ?",
                (exit_code, dumps(dict(counts)), dumps(dict(stages or {})), run),
            )

    def last_run(self) -> Run | None:
        """The run that began last; None in a new store."""
        row = self._db.row(
            """SELECT id, command, inputs, versions, counts, stages, exit_code FROM runs ORDER BY id DESC LIMIT 1"""
        )
        if row is None:
            return None
        number, command, inputs, versions, counts, stages, exit_code = row
        return Run(
            number, command, tuple(json.loads(inputs)), json.loads(versions), json.loads(counts or "{}"),
            json.loads(stages or "{}"), exit_code,
        )  # fmt: skip
