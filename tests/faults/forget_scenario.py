"""A workspace in small with a customer to forget, and what must be true after. Imports no test tools: each process that
the kill tests start imports it anew."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from tests.report_inputs import inputs
from voc.documents import Document, Segment
from voc.pipeline.options import NoProgress, RunOptions
from voc.pipeline.report_files import write_files
from voc.pipeline.subjects import forget
from voc.report import Quote, build_report, parse_report, pdf, render_json
from voc.results import Classified, Evidence, Prediction, Theme, ThemeResult
from voc.store import Store, lock, write_json_atomic

MODEL, ENCODER, LABEL, WEEK = "tiny@1", "tiny-encoder", "neglect.complaint", "2026-W46"
ANN, BOB = "ann.lee@example.com", "C-77"
SECRET = "the blue kettle of my late aunt"
WORDS = f"Nobody wrote back about {SECRET}. 没有人回复我关于茶壶的三封信。"
OTHER = "Nobody wrote back about the lamp. 沒有人回覆我。"


def without_pdf() -> Any:
    """A PDF takes seconds, and is written as the other files are."""
    return patch.object(pdf, "unavailable", return_value="left out of this test")


def document(number: int, customer: str, text: str) -> Document:
    return Document(
        f"r-{number}", text, "feed.jsonl", customer=customer, time=f"2026-11-{9 + number % 6:02d}", language="en"
    )


def documents() -> list[Document]:
    return [document(n, (ANN, BOB)[n % 2], f"{(WORDS, OTHER)[n % 2]} {n}") for n in range(6)]


def classified(doc: Document) -> Classified:
    cut = len(doc.text) // 2
    segments = (Segment(0, 0, cut), Segment(1, cut, len(doc.text)))
    rng = np.random.default_rng(int(doc.key[:8], 16))
    prediction = Prediction(
        doc.key, MODEL, "ok", tuple(rng.random(3)), (LABEL,), (), (Evidence(LABEL, 0, 0, cut, 0.9),)
    )
    vectors = rng.random((2, 8), dtype=np.float32)
    return Classified(prediction, segments, rng.random((2, 3), dtype=np.float32), vectors, ENCODER)


def feed(store: Store, name: str = "feed.jsonl") -> tuple[int, int]:
    """Reads the feed; how many documents were added, and left out because their customer was forgotten."""
    state = store.begin_input(name, "ab" * 32, "jsonl", {})
    done = store.add_batch(state.id, list(enumerate(documents(), 1)))
    store.finish_input(state.id)
    return done.added, done.forgotten


def report_of(docs: list[Document]) -> str:
    quotes = tuple(Quote(d.key, d.id, d.text, d.channel, d.language, d.time) for d in docs)
    usual = inputs()
    return render_json(build_report(replace(usual, quotes={**usual.quotes, "neglect": quotes}, quotes_shown=9)))


def make(workspace: Path) -> None:
    """Documents of two customers, classified, themed, told in a report whose files lie in the workspace."""
    with without_pdf(), lock(workspace), Store.open(workspace) as store:
        feed(store)
        store.add_classified([classified(d) for d in store.unclassified(MODEL, 10)])
        docs = list(store.documents())
        refs = tuple((d.key, 0) for d in docs)
        theme = Theme("t1", {"en": "silence"}, "neglect", "complaint", "new", refs, 6, 2, refs[:3])
        store.save_themes(WEEK, "f", ThemeResult((theme,), 6, 0))
        text = report_of(docs)
        store.save_report(WEEK, 1, _sha(text), text)
        folder = workspace / "reports" / WEEK
        files = write_files(folder, parse_report(text), text, "en")
        store.note_folder(folder, WEEK, 1, "en", files)
        store.set_stage("report en", WEEK, json.dumps({"fingerprint": "f", "revision": 1, "files": files}))
        write_json_atomic(workspace / "run.json", {})


def forget_ann(workspace: Path) -> None:
    with without_pdf():
        forget(ANN, "asked", RunOptions(workspace), NoProgress())


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def left_of(workspace: Path, needles: tuple[str, ...]) -> list[str]:
    """Files of the workspace that hold any of ``needles`` in plain bytes, in UTF-8 or UTF-16."""
    raw = [n.encode(code) for n in needles for code in ("utf-8", "utf-16-le")]
    files = [p for p in sorted(workspace.rglob("*")) if p.is_file()]
    return [str(p.relative_to(workspace)) for p in files if any(n in p.read_bytes() for n in raw)]
