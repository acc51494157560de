"""Documents to learn from without labels: which are drawn, and what a teacher says of their segments."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from classify_tiny import examples

from voc.classify import load_classifier
from voc.classify.distil import LONGEST, draw_unlabelled, taught_segments
from voc.classify.gold import Example
from voc.classify.prepared import passages_of
from voc.documents import Document
from voc.encoders import load_encoder
from voc.engines.local import LocalEngine
from voc.taxonomy import default_taxonomy


def _documents() -> dict[str, Document]:
    one = examples(1)[0].document
    named = {f"{n:04x}": replace(one, source="many.csv", text=f"Nobody called back, case {n}.") for n in range(30)}
    named |= {f"f{n:03x}": replace(one, source="few.csv", text=f"Thank you, number {n}.") for n in range(4)}
    return named | {"0": replace(one, source="few.csv", text="x" * (LONGEST + 1))}


def test_sources_have_equal_shares_as_long_as_they_last() -> None:
    drawn = draw_unlabelled(_documents(), 12)
    assert [e.document.source for e in drawn].count("few.csv") == 4
    assert len(drawn) == 12
    assert all(not e.labels and len(e.document.text) <= LONGEST for e in drawn)
    assert len({e.document.text for e in drawn}) == 12


def test_the_draw_follows_from_the_documents_alone() -> None:
    known = _documents()
    backwards = dict(reversed(known.items()))
    assert draw_unlabelled(known, 12) == draw_unlabelled(backwards, 12)
    assert len(draw_unlabelled(known, 1_000)) == 34


def test_a_teacher_says_what_the_classifier_says() -> None:
    taken = [*examples(4), Example(replace(examples(1)[0].document, text=""), frozenset(), {})]
    said = taught_segments("voc-e5-small", taken, 1)
    taxonomy = default_taxonomy()
    engine = LocalEngine(load_encoder(None, threads=1), load_classifier(None, taxonomy))
    scores = [c.scores for c in engine.classify([e.document for e in taken])]
    assert said.shape == (sum(len(p.spans) for p in passages_of(taken)), len(taxonomy.labels))
    assert np.allclose(said, np.concatenate(scores), atol=1e-4)
