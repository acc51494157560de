"""A run in small, as far as the store sees it, and all that it leaves behind. Imports no test tools: each process that
the kill tests start imports it anew."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from voc.documents import Document, Reject, Segment
from voc.results import Cell, Classified, Evidence, Prediction, Theme, ThemeResult, WeekRow
from voc.store import Store, lock, write_json_atomic

MODEL, ENCODER, LABEL, SCOPE = "tiny@1", "tiny-encoder", "neglect.complaint", "2026-W46"
SOURCES = {
    # Rows 4 and 9 repeat earlier rows; the second source repeats rows of the first one.
    "a.csv": [1, 2, 3, 1, "bad", 4, 5, 6, 5, 7],
    "b.jsonl": [3, 8, "bad", 9, 10, 8],
}


def document(number: int) -> Document:
    text = f"Order {number} never came and nobody answers. 没有人回复第{number}封信。" if number != 6 else ""
    return Document(f"d{number}", text, "test", time=f"2026-11-{number:02d}", language="en")


def classify(doc: Document) -> Classified:
    cut = len(doc.text) // 2
    segments = (Segment(0, 0, cut), Segment(1, cut, len(doc.text))) if cut else ()
    rng = np.random.default_rng(int(doc.key[:8], 16))
    evidence = (Evidence(LABEL, 1, cut, len(doc.text), rng.random()),) if cut else ()
    labels = (LABEL,) if cut else ()
    prediction = Prediction(doc.key, MODEL, "ok" if cut else "empty", tuple(rng.random(3)), labels, (), evidence)
    scores = rng.random((len(segments), 3), dtype=np.float32)
    return Classified(prediction, segments, scores, rng.random((len(segments), 8), dtype=np.float32), ENCODER)


def run(workspace: Path) -> None:
    """What a run does to the store, in small: it takes up whatever an earlier one left."""
    with lock(workspace), Store.open(workspace) as store:
        number = store.start_run("run")
        for name, rows in SOURCES.items():
            ingest(store, name, rows)
        while batch := store.unclassified(MODEL, 4):
            store.add_classified([classify(d) for d in batch])
        units = store.theme_units(MODEL)
        fingerprint = f"{len(units)} units"
        if store.stage_fingerprint("themes", SCOPE) != fingerprint:
            members = tuple(u.ref for u in units)
            theme = Theme(
                "t1", {"en": "silence"}, "neglect", "complaint", "new", members, len(members), None, members[:2]
            )
            store.save_themes(SCOPE, fingerprint, ThemeResult((theme,), len(units), 0))
        if store.stage_fingerprint("trends", SCOPE) != fingerprint:
            n = store.document_count()
            row = WeekRow(
                SCOPE, n, None, False, 0, {LABEL: Cell(n, len(units), len(units) / n, None, None, None, None)}
            )
            store.save_trends(SCOPE, fingerprint, [row])
        if store.latest_revision(SCOPE) is None:
            store.save_report(SCOPE, 1, fingerprint, json.dumps({"documents": store.document_count()}))
        counts = {s.name: s.rows for s in store.sources()}
        store.finish_run(number, 0, counts)
        write_json_atomic(workspace / "run.json", counts)


def ingest(store: Store, name: str, rows: list[Any]) -> None:
    state = store.begin_input(name, "ab" * 32, name.rpartition(".")[2], {})
    if state.done:
        return
    numbered = list(enumerate(rows, 1))
    for start in range(0, len(rows), 3):
        some = numbered[start : start + 3]
        documents = [(row, document(value)) for row, value in some if value != "bad"]
        store.add_batch(state.id, documents, [Reject(row, "bad", "it is bad") for row, value in some if value == "bad"])
    store.finish_input(state.id)


def dump(workspace: Path) -> dict[str, Any]:
    """All that the store holds, but for the log of runs, and what lies beside it."""
    with Store.open(workspace, readonly=True) as store:
        tables = [t for (t,) in store._db.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        assert store._db.rows("PRAGMA integrity_check") == [("ok",)]
        assert store._db.rows("PRAGMA foreign_key_check") == []
        return {
            "rows": {t: store._db.integer(f"SELECT count(*) FROM {t}") for t in tables if t != "runs"},
            "sources": store.sources(),
            "rejects": list(store.rejects()),
            "documents": list(store.documents()),
            "details": [(d.document, d.prediction, d.segments, d.scores.tolist()) for d in store.details(MODEL)],
            "units": [{**asdict(u), "vector": u.vector.tobytes()} for u in store.theme_units(MODEL)],
            "themes": store.themes(SCOPE),
            "trends": store.trends(SCOPE),
            "stages": [store.stage_fingerprint(s, SCOPE) for s in ("themes", "trends")],
            "reports": [store.report(week, revision) for week, revision, _ in store.reports()],
            "left": store.count_unclassified(MODEL),
            "run": (workspace / "run.json").read_bytes(),
            "files": sorted(p.relative_to(workspace).as_posix() for p in (workspace / "vectors").rglob("*")),
        }
