"""A million reviews: read by the real program, counted and reported by the real program, in bounded memory.

Only the model is stood in for (encoding a million documents takes hours on two cores): predictions are written into the
store as the engine would write them.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.program import voc
from voc.classify import load_classifier
from voc.documents import Document, Segment
from voc.results import Classified, Evidence, Prediction
from voc.store import Store
from voc.taxonomy import default_taxonomy
from voc.weeks import Week

pytestmark = pytest.mark.long

COUNT = 1_000_000
MEMORY_MB = 1500
FIRST = dt.date(2025, 9, 1)
WORDS = [
    "the",
    "boat",
    "was",
    "late",
    "and",
    "nobody",
    "at",
    "the",
    "desk",
    "told",
    "us",
    "why",
    "we",
    "waited",
    "for",
    "two",
    "hours",
    "with",
    "the",
    "children",
]


def _write(path: Path) -> Counter[str]:
    weeks = Counter[str]()
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["Review ID", "Date", "Customer", "Stars", "Review"])
        for n in range(COUNT):
            day = FIRST + dt.timedelta(days=n * 7 // COUNT * 62 + n % 434)
            weeks[str(Week.of(day))] += 1
            turned = WORDS[n % len(WORDS) :] + WORDS[: n % len(WORDS)]
            rows.writerow([f"r{n}", day.isoformat(), f"c{n % 300_000}", 1 + n % 5, " ".join(turned) + f" {n}"])
    return weeks


def _complains(document: Document) -> bool:
    return int(document.key[:4], 16) % 20 == 0


def _classified(document: Document, model: str, encoder: str, labels: tuple[str, ...]) -> Classified:
    cut = len(document.text) // 2
    segments = (Segment(0, 0, cut), Segment(1, cut, len(document.text)))
    said = (labels[0],) if _complains(document) else ()
    evidence = tuple(Evidence(label, 0, 0, cut, 0.9) for label in said)
    prediction = Prediction(document.key, model, "ok", (0.1,) * len(labels), said, (), evidence)
    vectors = np.frombuffer(bytes.fromhex(document.key), np.uint8).astype(np.float32).reshape(2, 8)
    return Classified(prediction, segments, np.full((2, len(labels)), 0.1, np.float32), vectors, encoder)


def _classify(workspace: Path) -> Counter[str]:
    classifier, said = load_classifier(None, default_taxonomy()), Counter[str]()
    with Store.open(workspace) as store:
        while batch := store.unclassified(classifier.id, 5000):
            store.add_classified(
                [_classified(d, classifier.id, classifier.encoder_id, classifier.labels) for d in batch]
            )
            said.update(str(Week.of(dt.date.fromisoformat(d.time or ""))) for d in batch if _complains(d))
    return said


def test_a_million_documents(tmp_path: Path) -> None:
    weeks = _write(tmp_path / "million.csv")
    read = voc("ingest", "million.csv", "--json", "--timings", "read.json", cwd=tmp_path, timeout=1800)
    assert read.code == 0, read.err
    assert read.json["ingest"]["added"] == COUNT
    said = _classify(tmp_path / "voc-workspace")
    done = voc("report", "--json", "--timings", "report.json", cwd=tmp_path, timeout=1800)
    assert done.code == 0, done.err
    report = json.loads(next((tmp_path / "voc-workspace" / "reports").rglob("report.json")).read_text("utf-8"))
    assert report["coverage"]["documents"] == COUNT
    driver = default_taxonomy().drivers[0].key
    for week in report["weeks"]:
        cell = week["drivers"][driver]["complaint"]
        assert (week["documents"], cell["k"]) == (weeks[week["week"]], said[week["week"]]), week["week"]
    for timings in ("read.json", "report.json"):
        stages = json.loads((tmp_path / timings).read_text("utf-8"))["stages"]
        assert max(s["peak_memory_mb"] for s in stages.values()) < MEMORY_MB, timings
