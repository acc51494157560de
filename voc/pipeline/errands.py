"""What a forget does outside the database, after its transaction: each step may be done again after a kill."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from voc.errors import StoreError
from voc.pipeline.auditing import BACKUP
from voc.pipeline.context import Context, log
from voc.pipeline.report_files import PDF, write_files
from voc.report import parse_report
from voc.store import Store, write_json_atomic

REPORT, LEDGER, COMPACT = "report", "ledger", "compact"
LEDGER_FILE: Final = "forgotten.json"
SIDECAR: Final = ".forgotten"
_SCHEMA: Final = 1


def run_errands(context: Context) -> int:
    """Does what forgets have left to do, in order; how much that was. LockedError where the database is being read and
    cannot be compacted: the errand stays."""
    left = context.store.errands()
    if left:
        context.store.sweep()  # shards that were replaced
    for number, kind, target in left:
        if kind == REPORT:
            _write_report(context, json.loads(target))
        elif kind == LEDGER:
            write_ledgers(context.store)
        elif kind == COMPACT:
            context.store.compact()
        context.store.finish_errand(number)
    return len(left)


def _write_report(context: Context, target: dict[str, Any]) -> None:
    """Writes all files of a revision again from its stored value, and corrects what is known of them."""
    store, folder = context.store, context.store.workspace / target["folder"]
    scope, revision, language = target["scope"], target["revision"], target["language"]
    saved = store.report(scope, revision)
    if saved is None or not folder.is_dir():
        log.warning("%s is gone, so that its report was not written again", folder)
        return
    try:
        paper = (folder / PDF).exists()
        files = write_files(folder, parse_report(saved.value), saved.value, language, paper=paper)
    except OSError as error:
        raise StoreError(
            f"cannot write {folder}: {error.strerror}",
            "Make it writable and run voc forget again, or delete the folder.",
        ) from error
    store.note_folder(folder, scope, revision, language, files)
    stage = f"report {language}"
    word = store.stage_fingerprint(stage, scope)
    if word is not None and json.loads(word).get("revision") == revision:
        store.set_stage(stage, scope, json.dumps(json.loads(word) | {"files": files}))


def ledger(store: Store) -> dict[str, Any]:
    """Who was forgotten, by mark, as a file beside a backup has it."""
    told = {"schema": _SCHEMA, "workspace": store.identity(), "key": store.key_probe()}
    return told | {"forgotten": store.tombstones()}


def read_ledger(path: Path) -> dict[str, Any]:
    """A ledger; StoreError where the file is none."""
    try:
        found = json.loads(path.read_bytes())
        if found["schema"] != _SCHEMA or not isinstance(found["workspace"], str) or not found["key"]:
            raise ValueError("its schema is unknown")
        if not all(isinstance(day, str | None) for day in found["forgotten"].values()):
            raise ValueError("its days are no texts")
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}", "Name another one with --forgotten.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"{path} does not say who was forgotten: {error}", "Copy forgotten.json of the workspace in its place."
        ) from error
    return dict(found)


def write_ledgers(store: Store) -> None:
    """Writes who was forgotten into the workspace and beside each backup of it that can be reached."""
    told = ledger(store)
    write_json_atomic(store.workspace / LEDGER_FILE, told)
    for file in _backups(store):
        if file.is_file():
            try:
                write_json_atomic(sidecar(file), told)
            except OSError as error:
                log.warning("cannot write %s: %s", sidecar(file), error.strerror)


def sidecar(backup: Path) -> Path:
    """The file beside a backup that says who was forgotten since."""
    return backup.with_name(backup.name + SIDECAR)


def told_sidecars(context: Context) -> list[str]:
    """The files beside backups that could not be written, because the backup was moved or its folder is closed."""
    wanted = ledger(context.store)
    return [str(sidecar(file)) for file in _backups(context.store) if not _says(sidecar(file), wanted)]


def _says(path: Path, wanted: dict[str, Any]) -> bool:
    try:
        return bool(json.loads(path.read_bytes()) == wanted)
    except (OSError, ValueError):
        return False


def _backups(store: Store) -> Iterator[Path]:
    yield from dict.fromkeys(Path(entry.detail["file"]) for entry in store.audited(action=BACKUP))
