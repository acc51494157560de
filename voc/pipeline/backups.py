"""``voc backup``, ``voc restore`` and ``voc migrate``: a workspace as one file and back, and to a newer schema.

A backup is a zip: ``manifest.json`` with the sha256 of every other member, the database as SQLite's backup copies it at
one moment, the vectors that this database names, the reports as they were told, settings and keys. It is as
confidential as the workspace. Who was forgotten *since* cannot stand in it: that is kept outside, in ``FILE.forgotten``
beside it (which every `voc forget` brings up to date where it can reach it) and in ``forgotten.json`` of the workspace.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Final

from voc import __version__
from voc.errors import StoreError, UsageError
from voc.pipeline.auditing import BACKUP
from voc.pipeline.context import Context, settings_of
from voc.pipeline.errands import LEDGER_FILE, read_ledger, sidecar, write_ledgers
from voc.pipeline.options import NoProgress, RunOptions, RunResult
from voc.pipeline.subjects import replay
from voc.store import FILE_NAME, Store, lock, pending_migrations, private_folder
from voc.store.files import private_file, publish
from voc.store.vectors import FOLDER as VECTORS

MANIFEST: Final = "manifest.json"
_KIND: Final = "voc backup"
_SCHEMA: Final = 1
_TRIES: Final = 3
_CHUNK: Final = 1 << 20
_LONGEST: Final = 64 << 20  # bytes of a manifest: some hundred for each file of a workspace
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # of all members: the same workspace gives the same bytes
_REPORTS: Final = "reports"


class _Moved(Exception):
    """A file of vectors went while it was copied: a forget or a retention put another one in its place."""


def backup(file: Path, options: RunOptions) -> RunResult:
    """Writes the workspace as it stands at one moment to the new ``file`` (0600), whatever a run does meanwhile.

    UsageError where the file is there already; StoreError where the workspace is damaged or the disk refuses.
    """
    file = file.absolute()
    if file.exists():
        raise UsageError(f"{file} is there already", "Name another file: a backup never replaces one.")
    with Store.open(options.workspace, create=False) as store:
        store.key_probe()  # without the key of the marks, who is forgotten later could not be known again in the copy
        # Noted first: a forget that comes in between then knows that there is a copy.
        store.audit(BACKUP, {"what": "backup", "file": str(file), "last": store.last_number()})
        for left in range(_TRIES - 1, -1, -1):
            try:
                manifest, skipped = _write(file, store, options.workspace)
                break
            except _Moved as error:
                if not left:
                    raise StoreError(
                        f"{error} is not what was written", "voc doctor --store says what is damaged and what mends it."
                    ) from error
            except OSError as error:
                raise StoreError(
                    f"cannot write {file}: {error.strerror}", "Free some space, or name another folder."
                ) from error
        write_ledgers(store)
    result = RunResult({"backup": {"file": str(file), "files": len(manifest["files"]), "skipped": skipped}})
    for name in skipped:
        result.say(f"{name} was being written and is left out: voc report writes it again")
    result.say(f"{manifest['documents']:,} documents in {len(manifest['files']):,} files")
    result.say(f"keep {sidecar(file).name} beside it: it says who was forgotten since, and voc restore asks for it")
    result.say(str(file))
    return result


def _write(file: Path, store: Store, workspace: Path) -> tuple[dict[str, Any], list[str]]:
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{file.name}-", dir=file.parent) as name:
        folder = Path(name)
        store.copy_to(folder / FILE_NAME)
        with Store.open(folder, readonly=True) as copy:
            shards, documents = copy.shards(), copy.document_count()
            chosen, skipped = _chosen(workspace, copy)
        files: dict[str, dict[str, object]] = {}
        made = folder / "backup.zip"
        private_file(made)
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            files[FILE_NAME] = _add(archive, FILE_NAME, folder / FILE_NAME)
            for path, sha in shards.items():
                files[f"{VECTORS}/{path}"] = _shard(archive, workspace, path, sha)
            for member in chosen:
                files[member] = _add(archive, member, workspace / member)
            manifest = {
                "kind": _KIND, "schema": _SCHEMA, "voc": __version__, "workspace": store.identity(),
                "documents": documents, "files": files,
            }  # fmt: skip
            archive.writestr(_info(MANIFEST), json.dumps(manifest, indent=2))
        with made.open("rb") as written:
            os.fsync(written.fileno())
        publish(made, file)
    return manifest, skipped


def _shard(archive: zipfile.ZipFile, workspace: Path, path: str, sha: str) -> dict[str, object]:
    try:
        told = _add(archive, f"{VECTORS}/{path}", workspace / VECTORS / path, zipfile.ZIP_STORED)
    except FileNotFoundError as error:
        raise _Moved(f"{VECTORS}/{path}") from error
    if told["sha256"] != sha:
        raise _Moved(f"{VECTORS}/{path}")
    return told


def _add(archive: zipfile.ZipFile, member: str, path: Path, method: int = zipfile.ZIP_DEFLATED) -> dict[str, object]:
    """Adds a file; its sha256 and size."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as source, archive.open(_info(member, method), "w", force_zip64=True) as target:
        while chunk := source.read(_CHUNK):
            target.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    return {"sha256": digest.hexdigest(), "bytes": size}


def _info(member: str, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(member, _EPOCH)
    info.external_attr, info.compress_type = 0o600 << 16, method
    return info


def _chosen(workspace: Path, copy: Store) -> tuple[list[str], list[str]]:
    """Files of the workspace beside database and vectors; and folders of reports that are not what the database says,
    because a run is writing them."""
    skipped = []
    for one in copy.report_folders():
        folder = workspace / copy.folder_name(one.folder)
        if folder.is_relative_to(workspace) and folder.is_dir() and not _as_noted(folder, one.files):
            skipped.append(folder.relative_to(workspace).as_posix())
    found = []
    for path in sorted(workspace.rglob("*")):
        name = path.relative_to(workspace)
        hidden = any(part.startswith(".") for part in name.parts)
        if hidden or name.parts[0] in (VECTORS, LEDGER_FILE) or name.parts[0].startswith(FILE_NAME):
            continue
        if path.is_symlink() or not path.is_file() or name.parent.as_posix() in skipped:
            continue
        found.append(name.as_posix())
    return found, skipped


def _as_noted(folder: Path, files: Any) -> bool:
    try:
        return all(hashlib.sha256((folder / n).read_bytes()).hexdigest() == sha for n, sha in files.items())
    except OSError:
        return False


def restore(file: Path, options: RunOptions, forgotten: Path | None, *, regardless: bool = False) -> RunResult:
    """Makes the new workspace ``options.workspace`` from a backup: checks every file, brings the store to this
    program's schema, and forgets again who was forgotten since. It appears whole or not at all.

    ``forgotten``: who that is, instead of the file beside the backup (the ledger of the same workspace is heeded, too,
    where that lies beside the new one); ``regardless``: nobody knows, go on. UsageError
    where the workspace is not empty; StoreError where the backup is damaged, or is none, or nothing says who was
    forgotten.
    """
    target = options.workspace.absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(
            f"{target} is not empty", "Name a new folder with -w; voc restore never writes into an old one."
        )
    said = None if regardless else _ledger(file, forgotten)
    folder = target.with_name(f".{target.name}.restoring")
    shutil.rmtree(folder, ignore_errors=True)  # of a restore that was killed
    private_folder(folder)
    try:
        manifest = _unpack(file, folder)
        if said is not None and said["workspace"] != manifest["workspace"]:
            raise StoreError(
                f"{forgotten or sidecar(file)} is of another workspace than {file}",
                "Copy forgotten.json of the workspace that was backed up, and name it with --forgotten.",
            )
        if said is not None:
            said = _with_neighbours(said, target)
        done = _revive(file, folder, said, forgotten or sidecar(file))
        folder.replace(target)
    except OSError as error:
        raise StoreError(
            f"cannot write {target}: {error.strerror}", "Free some space, or name another folder."
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    result = RunResult({"restore": {"workspace": str(options.workspace), "documents": manifest["documents"], **done}})
    result.say(f"{manifest['documents']:,} documents; {done['forgotten']:,} customers forgotten again")
    result.say(str(options.workspace))
    return result


def _ledger(file: Path, forgotten: Path | None) -> dict[str, Any]:
    beside = sidecar(file)
    if forgotten is None and not beside.is_file():
        raise StoreError(
            f"{beside} is missing: nothing says who was forgotten since the backup was made",
            "Copy forgotten.json of the workspace there or name it with --forgotten; only if it is lost for good, go "
            "on with --no-forgotten and forget again whom you know.",
        )
    return read_ledger(forgotten or beside)


def _with_neighbours(said: dict[str, Any], target: Path) -> dict[str, Any]:
    """``said`` and who else was forgotten by the same workspace, where that lies beside the new one: a backup that was
    moved may have an old file beside it."""
    marks = dict(said["forgotten"])
    for path in sorted(target.parent.glob(f"*/{LEDGER_FILE}")):
        found = read_ledger(path)
        if found["workspace"] == said["workspace"]:
            marks = found["forgotten"] | marks
    return said | {"forgotten": marks}


def _unpack(file: Path, folder: Path) -> dict[str, Any]:
    """Writes every file of the backup into ``folder``, each against its sha256; the manifest."""
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = _manifest(file, archive)
            for member, told in manifest["files"].items():
                _extract(file, archive, member, told, folder)
            return manifest
    except zipfile.BadZipFile as error:
        raise StoreError(f"{file} is not a voc backup, or is damaged: {error}", "Use another backup.") from error
    except OSError as error:
        if error.filename and Path(str(error.filename)) == file:
            raise StoreError(f"cannot read {file}: {error.strerror}", "Name a backup that voc backup wrote.") from error
        raise


def _manifest(file: Path, archive: zipfile.ZipFile) -> dict[str, Any]:
    names = archive.namelist()
    foreign = StoreError(f"{file} is not a voc backup", "Name a file that voc backup wrote.")
    if MANIFEST not in names or archive.getinfo(MANIFEST).file_size > _LONGEST:
        raise foreign
    try:
        found = json.loads(archive.read(MANIFEST))
        if found["kind"] != _KIND or FILE_NAME not in found["files"]:
            raise foreign
        if found["schema"] != _SCHEMA:
            raise StoreError(f"{file} was written by a newer voc ({found['voc']})", "Upgrade voc.")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise foreign from error
    more = sorted(set(names) ^ {MANIFEST, *found["files"]})
    if more or len(names) != len(set(names)):
        raise StoreError(f"{file} is damaged: {', '.join(more[:5]) or 'a name stands twice'}", "Use another backup.")
    return dict(found)


def _extract(file: Path, archive: zipfile.ZipFile, member: str, told: dict[str, Any], folder: Path) -> None:
    path = folder / member
    parts = member.split("/")
    if any(part in ("", ".", "..") or "\\" in part or "\0" in part or ":" in part for part in parts):
        raise StoreError(f"{file} is not a voc backup: it names {member!r}", "Use another backup.")
    for parent in reversed(path.relative_to(folder).parents[:-1]):
        private_folder(folder / parent)
    private_file(path)
    digest, size = hashlib.sha256(), 0
    with archive.open(member) as source, path.open("wb") as target:
        while chunk := _read(file, source, member):
            digest.update(chunk)
            size += len(chunk)
            if size > told["bytes"]:
                break
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    if digest.hexdigest() != told["sha256"]:
        raise StoreError(f"{member} in {file} is damaged", "Use another backup.")


def _read(file: Path, source: Any, member: str) -> bytes:
    import zlib

    try:
        return bytes(source.read(_CHUNK))
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise StoreError(f"{member} in {file} is damaged: {error}", "Use another backup.") from error


def _revive(file: Path, folder: Path, said: dict[str, Any] | None, where: Path) -> dict[str, Any]:
    """Brings the unpacked store up to date, and forgets again; what was done."""
    options = RunOptions(folder)
    with lock(folder), Store.open(folder, create=False) as store:
        problems = store.problems()
        if problems:
            raise StoreError(f"{file} holds a damaged store: {problems[0]}", "Use another backup.")
        if said is not None and said["key"] != store.key_probe():
            raise StoreError(
                f"{where} was made with another key than {file}, so that nobody would be known again",
                "Use forgotten.json of the workspace that this backup was made of.",
            )
        context = Context(options, settings_of(options), store, NoProgress())
        count = replay(context, said["forgotten"] if said else {})
        done = {"file": str(file.absolute()), "forgotten": count, "ledger": str(where) if said else None}
        store.audit("restore", done)
        write_ledgers(store)
    for left in (".lock", ".lock.pid"):
        (folder / left).unlink(missing_ok=True)
    return done


def migrate(options: RunOptions, *, dry_run: bool) -> RunResult:
    """Brings the store to the schema of this program; ``dry_run``: on a copy, which is checked and thrown away."""
    workspace = options.workspace
    lacking = pending_migrations(workspace)
    result = RunResult({"migrate": {"pending": lacking, "dry_run": dry_run}})
    if not lacking:
        result.say("the store has the schema of this program")
        return result
    if dry_run:
        with tempfile.TemporaryDirectory(prefix=".migrate-", dir=workspace) as name:
            pending_migrations(workspace, Path(name) / FILE_NAME)
            with Store.open(Path(name), create=False) as copy:
                faults = [*copy.page_faults(), *copy.count_faults()]
                documents = copy.document_count()
        if faults:
            raise StoreError(f"the migration would leave a store that is not sound: {faults[0].what}", faults[0].mend)
        result.say(
            f"would be applied: {', '.join(lacking)}; tried on a copy of {documents:,} documents, which is sound"
        )
        result.say("voc backup FILE, then voc migrate")
        return result
    with lock(workspace, options.wait), Store.open(workspace, create=False) as store:
        store.audit("migrate", {"applied": lacking})
    result.say(f"applied: {', '.join(lacking)}")
    return result
