"""The schema, as named migrations: each is applied once, in order, in a transaction of its own; none is ever changed.

Times are kept as they were given; ``instant`` (seconds since 1970, a naive time read as UTC) only orders them.
Blobs are little-endian and without a header:
``probabilities`` float64, one per label; ``segments`` int32 (index, start, end, turn or -1) per segment;
``scores`` float32, labels within segments; ``bands`` uint32 and ``hashes`` uint16 as `voc.dedupe` makes them.
Rows are split so that counting never reads text: documents | contents, predictions | outputs.
"""

from __future__ import annotations

from typing import NamedTuple

from voc.errors import StoreError
from voc.store.connection import Database

APPLICATION_ID = 0x766F6331  # "voc1" in the file's header: `file` and this program tell a store by it


class Migration(NamedTuple):
    """A step of the schema: its name for ever, and its statements."""

    id: str
    statements: tuple[str, ...]


MIGRATIONS: tuple[Migration, ...] = (
    Migration(
        "0001_documents",
        (
            """CREATE TABLE inputs (
                id INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, kind TEXT NOT NULL,
                mapping TEXT NOT NULL, choices TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0,
                rows INTEGER NOT NULL DEFAULT 0, documents INTEGER NOT NULL DEFAULT 0,
                duplicates INTEGER NOT NULL DEFAULT 0, rejects INTEGER NOT NULL DEFAULT 0,
                UNIQUE (name, sha256, mapping))""",
            """CREATE TABLE documents (
                seq INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, id TEXT NOT NULL,
                input INTEGER NOT NULL REFERENCES inputs, row INTEGER NOT NULL,
                source TEXT NOT NULL, channel TEXT NOT NULL, customer TEXT, time TEXT, time_form INTEGER NOT NULL,
                instant REAL, language TEXT NOT NULL)""",
            "CREATE INDEX documents_id ON documents (id)",
            "CREATE INDEX documents_newest ON documents (instant DESC, seq)",
            "CREATE INDEX documents_latest ON documents (time_form, instant)",
            """CREATE TABLE contents (
                document INTEGER PRIMARY KEY REFERENCES documents ON DELETE CASCADE,
                text TEXT NOT NULL, rest TEXT NOT NULL)""",
            """CREATE TABLE rejects (
                input INTEGER NOT NULL REFERENCES inputs, row INTEGER NOT NULL, reason TEXT NOT NULL,
                detail TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (input, row)) WITHOUT ROWID""",
        ),
    ),
    Migration(
        "0002_predictions",
        (
            "CREATE TABLE models (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
            """CREATE TABLE shards (
                id INTEGER PRIMARY KEY, encoder TEXT NOT NULL, path TEXT NOT NULL UNIQUE,
                rows INTEGER NOT NULL, sha256 TEXT NOT NULL)""",
            """CREATE TABLE predictions (
                id INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
                model INTEGER NOT NULL REFERENCES models, status TEXT NOT NULL, labels TEXT NOT NULL,
                pieces INTEGER NOT NULL, shard INTEGER REFERENCES shards ON DELETE SET NULL, shard_row INTEGER NOT NULL,
                UNIQUE (model, document))""",
            "CREATE INDEX predictions_document ON predictions (document)",
            "CREATE INDEX predictions_shard ON predictions (shard)",
            """CREATE TABLE outputs (
                prediction INTEGER PRIMARY KEY REFERENCES predictions ON DELETE CASCADE, abstained TEXT NOT NULL,
                probabilities BLOB NOT NULL, segments BLOB NOT NULL, scores BLOB NOT NULL)""",
            """CREATE TABLE evidence (
                prediction INTEGER NOT NULL REFERENCES predictions ON DELETE CASCADE, position INTEGER NOT NULL,
                label TEXT NOT NULL, segment INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
                score REAL NOT NULL, PRIMARY KEY (prediction, position)) WITHOUT ROWID""",
        ),
    ),
    Migration(
        "0003_results",
        (
            """CREATE TABLE stages (
                stage TEXT NOT NULL, scope TEXT NOT NULL, fingerprint TEXT NOT NULL,
                PRIMARY KEY (stage, scope)) WITHOUT ROWID""",
            """CREATE TABLE theme_runs (
                id INTEGER PRIMARY KEY, scope TEXT NOT NULL UNIQUE, units INTEGER NOT NULL,
                unassigned INTEGER NOT NULL)""",
            """CREATE TABLE themes (
                run INTEGER NOT NULL REFERENCES theme_runs ON DELETE CASCADE, position INTEGER NOT NULL,
                id TEXT NOT NULL, labels TEXT NOT NULL, driver TEXT NOT NULL, side TEXT NOT NULL, state TEXT NOT NULL,
                documents INTEGER NOT NULL, customers INTEGER, quotes TEXT NOT NULL,
                PRIMARY KEY (run, position)) WITHOUT ROWID""",
            """CREATE TABLE theme_members (
                run INTEGER NOT NULL, theme INTEGER NOT NULL, position INTEGER NOT NULL,
                document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE, segment INTEGER NOT NULL,
                PRIMARY KEY (run, theme, position),
                FOREIGN KEY (run, theme) REFERENCES themes ON DELETE CASCADE) WITHOUT ROWID""",
            "CREATE INDEX theme_members_document ON theme_members (document)",
            """CREATE TABLE trends (
                scope TEXT NOT NULL, position INTEGER NOT NULL, value TEXT NOT NULL,
                PRIMARY KEY (scope, position)) WITHOUT ROWID""",
            """CREATE TABLE reports (
                week TEXT NOT NULL, revision INTEGER NOT NULL, digest TEXT NOT NULL, value TEXT NOT NULL,
                PRIMARY KEY (week, revision)) WITHOUT ROWID""",
            """CREATE TABLE runs (
                id INTEGER PRIMARY KEY, command TEXT NOT NULL, inputs TEXT NOT NULL, versions TEXT NOT NULL,
                counts TEXT, stages TEXT, exit_code INTEGER)""",
        ),
    ),
    Migration(
        "0004_families",
        (
            # of near duplicates; both blobs are empty for a text that is too short to be linked
            """CREATE TABLE signatures (
                document INTEGER PRIMARY KEY REFERENCES documents ON DELETE CASCADE,
                bands BLOB NOT NULL, hashes BLOB NOT NULL)""",
            # first: of the family, itself where it stands alone. Where that one goes, the rest are linked anew.
            """CREATE TABLE families (
                document INTEGER PRIMARY KEY REFERENCES signatures ON DELETE CASCADE,
                first INTEGER NOT NULL REFERENCES signatures ON DELETE CASCADE)""",
            "CREATE INDEX families_first ON families (first)",
        ),
    ),
    Migration(
        "0005_labels_by_hand",
        (
            # A log: the last row of a document and label stands. value: 1, 0, or NULL where it was left to the model
            # again; day: of --as-of; sample: random or chosen, where an export picked the document.
            """CREATE TABLE hand_labels (
                id INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
                label TEXT NOT NULL, value INTEGER, quote TEXT NOT NULL, reason TEXT NOT NULL, who TEXT NOT NULL,
                day TEXT, sample TEXT NOT NULL)""",
            "CREATE INDEX hand_labels_document ON hand_labels (document)",
            # the labels of this prediction that are not the model's but set by hand
            "ALTER TABLE predictions ADD COLUMN by_hand TEXT NOT NULL DEFAULT '[]'",
        ),
    ),
    Migration(
        "0006_lineage",
        (
            """CREATE TABLE known_themes (
                id TEXT PRIMARY KEY, driver TEXT NOT NULL, side TEXT NOT NULL, born TEXT NOT NULL, state TEXT NOT NULL,
                pinned INTEGER NOT NULL, names TEXT NOT NULL, parent TEXT, merged_into TEXT) WITHOUT ROWID""",
            # theme: NULL for a segment that was looked at and is in none; a segment is in one theme at most
            """CREATE TABLE known_segments (
                document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE, segment INTEGER NOT NULL,
                driver TEXT NOT NULL, side TEXT NOT NULL, theme TEXT REFERENCES known_themes,
                PRIMARY KEY (document, segment)) WITHOUT ROWID""",
            "CREATE INDEX known_segments_theme ON known_segments (theme, document)",
            # whose segments were looked at last by this model
            """CREATE TABLE looked (
                document INTEGER PRIMARY KEY REFERENCES documents ON DELETE CASCADE,
                model INTEGER NOT NULL REFERENCES models)""",
            """CREATE TABLE theme_events (
                number INTEGER PRIMARY KEY, day TEXT NOT NULL, kind TEXT NOT NULL, theme TEXT NOT NULL, other TEXT,
                moved TEXT NOT NULL, before TEXT NOT NULL, undone INTEGER NOT NULL, undoes INTEGER)""",
            "ALTER TABLE themes ADD COLUMN detail TEXT NOT NULL DEFAULT '{}'",
            "ALTER TABLE theme_runs ADD COLUMN detail TEXT NOT NULL DEFAULT '{}'",
        ),
    ),
    Migration(
        "0007_cases",
        (
            # A case is the document that opened it, and goes with it; further ones of the customer join it.
            """CREATE TABLE cases (
                id TEXT PRIMARY KEY, document INTEGER NOT NULL UNIQUE REFERENCES documents ON DELETE CASCADE,
                opened TEXT NOT NULL, owner TEXT NOT NULL) WITHOUT ROWID""",
            """CREATE TABLE case_documents (
                document INTEGER PRIMARY KEY REFERENCES documents ON DELETE CASCADE,
                case_id TEXT NOT NULL REFERENCES cases ON DELETE CASCADE)""",
            "CREATE INDEX case_documents_case ON case_documents (case_id)",
            # A log: kind is state, owner or note; day is that of --as-of.
            """CREATE TABLE case_events (
                number INTEGER PRIMARY KEY, case_id TEXT NOT NULL REFERENCES cases ON DELETE CASCADE, day TEXT NOT NULL,
                kind TEXT NOT NULL, value TEXT NOT NULL, who TEXT NOT NULL)""",
            "CREATE INDEX case_events_case ON case_events (case_id)",
            """CREATE TABLE actions (
                number INTEGER PRIMARY KEY, driver TEXT NOT NULL, owner TEXT NOT NULL, due TEXT, text TEXT NOT NULL,
                added TEXT NOT NULL, done TEXT)""",
        ),
    ),
    Migration(
        "0008_subjects",
        (
            # Why the words of a document are gone: forgotten or expired; NULL where they are there.
            "ALTER TABLE documents ADD COLUMN erased TEXT",
            "CREATE INDEX documents_erased ON documents (erased, seq) WHERE erased IS NOT NULL",
            # the content keys that expired documents had: their rows are known again
            """CREATE TABLE spent_keys (
                key TEXT PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE)
                WITHOUT ROWID""",
            "CREATE INDEX spent_keys_document ON spent_keys (document)",
            # mark: of a forgotten customer, see voc.store.subjects; probe: tells which key made it; day: of --as-of
            "CREATE TABLE tombstones (mark TEXT PRIMARY KEY, probe TEXT NOT NULL, day TEXT) WITHOUT ROWID",
            "ALTER TABLE inputs ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0",
            # what a forget has still to do outside the database
            "CREATE TABLE errands (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, target TEXT NOT NULL)",
            # where reports lie: relative to the workspace, or absolute; files: sha256 by name
            """CREATE TABLE report_folders (
                folder TEXT PRIMARY KEY, scope TEXT NOT NULL, revision INTEGER NOT NULL, language TEXT NOT NULL,
                files TEXT NOT NULL) WITHOUT ROWID""",
            # The one place with real time: at is UTC, day that of --as-of. chain: over the row and the chain before it.
            """CREATE TABLE audit (
                number INTEGER PRIMARY KEY, at TEXT NOT NULL, day TEXT, who TEXT NOT NULL, action TEXT NOT NULL,
                detail TEXT NOT NULL, chain TEXT NOT NULL)""",
            """CREATE TRIGGER audit_stands BEFORE UPDATE ON audit
                BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
            """CREATE TRIGGER audit_stays BEFORE DELETE ON audit
                BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
            "CREATE TABLE workspace (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
            "INSERT INTO workspace VALUES ('id', lower(hex(randomblob(16))))",
        ),
    ),
    Migration(
        "0009_deliveries",
        (
            # A log; state: started (before a byte is sent), sent, failed, unknown. digest: sha256 of what was sent.
            """CREATE TABLE deliveries (
                number INTEGER PRIMARY KEY, week TEXT NOT NULL, revision INTEGER NOT NULL, target TEXT NOT NULL,
                kind TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, reason TEXT NOT NULL,
                detail TEXT NOT NULL, digest TEXT NOT NULL)""",
            "CREATE INDEX deliveries_target ON deliveries (week, target)",
        ),
    ),
    Migration(
        "0010_attributes",
        (
            # beside channel and language: what segments and standardised comparisons count by
            "ALTER TABLE documents ADD COLUMN product TEXT",
            "ALTER TABLE documents ADD COLUMN region TEXT",
            """UPDATE documents SET (product, region) = (
                SELECT json_extract(c.rest, '$.product'), json_extract(c.rest, '$.region') FROM contents c
                WHERE c.document = documents.seq)""",
            # as-of of the command that read the source to its end; "" where an older voc did, NULL until then
            "ALTER TABLE inputs ADD COLUMN arrived TEXT",
            "UPDATE inputs SET arrived = ''",
        ),
    ),
)


def migrate(database: Database, migrations: tuple[Migration, ...] = MIGRATIONS) -> None:
    """Bring the store to the schema of this program; a new file gets all of it.

    Safe to run in two processes at once: what is pending is asked again under the write lock. StoreError on a
    database that is not voc's or that a newer program wrote.
    """
    check(database, migrations)
    while pending(database, migrations):
        with database.transaction():
            left = pending(database, migrations)
            if not left:
                return
            _apply(database, left[0], len(migrations) - len(left) + 1)


def pending(database: Database, migrations: tuple[Migration, ...] = MIGRATIONS) -> list[Migration]:
    """The migrations that the store still lacks, in order."""
    done = set(applied(database))
    return [m for m in migrations if m.id not in done]


def applied(database: Database) -> list[str]:
    """The names of the migrations that the store has, in order; empty for a new file."""
    if not database.row("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'"):
        return []
    return [str(name) for (name,) in database.rows("SELECT id FROM migrations ORDER BY id")]


def check(database: Database, migrations: tuple[Migration, ...] = MIGRATIONS) -> None:
    """StoreError where the file is somebody else's database or newer than this program."""
    identity = database.integer("PRAGMA application_id")
    if identity != APPLICATION_ID and database.row("SELECT 1 FROM sqlite_master LIMIT 1"):
        raise StoreError(f"{database.path} is a database, but not one of voc", "Name another workspace with -w.")
    version, known = database.integer("PRAGMA user_version"), len(migrations)
    unknown = set(applied(database)) - {m.id for m in migrations}
    if version > known or unknown:
        raise StoreError(
            f"{database.path} was written by voc schema {version}, this program knows {known}",
            "Upgrade voc, or name another workspace with -w.",
        )


def _apply(database: Database, migration: Migration, version: int) -> None:
    """Inside a transaction. The header fields are part of it, like any page."""
    database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    database.execute(f"PRAGMA user_version = {version}")
    database.execute("CREATE TABLE IF NOT EXISTS migrations (id TEXT PRIMARY KEY) WITHOUT ROWID")
    for statement in migration.statements:
        database.execute(statement)
    database.execute("INSERT INTO migrations (id) VALUES (?)", (migration.id,))
