"""The health of the model, from a store whose documents are known: what drifted, what is unclear, what people found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from test_pipeline_trending import ERRORS, LABELS, LAST, classified

from voc.config import load_config
from voc.documents import Document
from voc.pipeline.context import Context
from voc.pipeline.model_health import model_health
from voc.pipeline.options import NoProgress, RunOptions
from voc.report.health_value import LanguageHealth
from voc.results import Classified
from voc.store import HandLabel, Store
from voc.weeks import Week

WEEKS, SIZE = 12, 40
SHORT, LONG = "The ferry was late again and nobody said why.", "船又晚點了，沒有人說明原因。"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "w") as opened:
        yield opened


def document(week: Week, i: int, language: str, text: str) -> Document:
    words = f"{text} {week} {i}" + " again" * (i % 7)
    name = f"{language}{week}-{i}"
    return Document(name, words, "s.jsonl", channel="review", language=language, time=week.start.isoformat())


def judged(doc: Document, *, unclear: bool) -> Classified:
    one = classified(doc, frozenset())
    return replace(one, prediction=replace(one.prediction, abstained=("leave",) if unclear else ()))


def fill(store: Store) -> list[Document]:
    """English is steady; Traditional Chinese is ten times as long in the last week and hard to judge."""
    made = list[tuple[Document, bool]]()
    for back in range(WEEKS):
        week = LAST.plus(-back)
        for i in range(SIZE):
            made.append((document(week, i, "en", SHORT), i % 4 == 0))
            made.append((document(week, i, "zh-Hant", LONG * (1 if back else 10)), i % 4 == 0 or not back))
    state = store.begin_input("s.jsonl", "s" * 64, "jsonl", {})
    store.add_batch(state.id, [(i, doc) for i, (doc, _) in enumerate(made, 1)])
    store.finish_input(state.id)
    store.add_classified([judged(doc, unclear=unclear) for doc, unclear in made])
    return [doc for doc, _ in made]


def context_of(store: Store, **options: object) -> Context:
    given = RunOptions(store.workspace, week=str(LAST), as_of=str(LAST.end), **options)  # type: ignore[arg-type]
    context = Context(given, load_config(None), store, NoProgress())
    thresholds = (0.6,) * len(LABELS)  # of all that is stored the probability is 0.5: the model finds nothing
    model = SimpleNamespace(id="known-counts@000000000000", errors=ERRORS, labels=LABELS, thresholds=thresholds)
    context.__dict__["classifier"] = model
    return context


def by_language(context: Context) -> dict[str, LanguageHealth]:
    health = model_health(context)
    assert health is not None
    return {one.language: one for one in health.languages}


def test_what_drifted_and_what_is_hard_to_judge(store: Store) -> None:
    fill(store)
    found = by_language(context_of(store))
    english, chinese = found["en"], found["zh-Hant"]
    assert (english.n, english.read, english.unclear, english.weeks, english.signal) == (40, 40, 10, 11, "none")
    assert english.low is not None and english.high is not None and english.low < 0.25 < english.high
    assert {d.figure: d.moved for d in english.drifts} == {"length": False, "unknown": False, "probability": False}
    assert (chinese.unclear, chinese.signal) == (40, "up")
    moved = {d.figure: d for d in chinese.drifts if d.moved}
    assert list(moved) == ["length"] and moved["length"].now > 3 * moved["length"].before


def test_the_audit_counts_what_was_drawn_at_random_until_the_day(store: Store) -> None:
    english = [doc for doc in fill(store) if doc.language == "en"][:6]
    day = str(LAST.start)

    def label(doc: Document, value: bool, day: str | None = day, sample: str = "random") -> HandLabel:
        return HandLabel(doc.key, "leave", value, day=day, sample=sample)

    late = str(LAST.plus(3).start)
    store.set_labels(
        [
            *(label(doc, True) for doc in english[:2]), label(english[2], False), label(english[3], True, late),
            label(english[4], True, sample="chosen"), label(english[5], True, None),
        ]
    )  # fmt: skip
    health = model_health(context_of(store))
    assert health is not None
    (audit,) = health.audits
    assert (audit.language, audit.documents, audit.first, audit.last) == ("en", 4, day, day)
    assert audit.counts["leave"] == (0, 3, 0, 1) and audit.found is not None and audit.flagged is not None
    assert (audit.found.k, audit.found.n, audit.flagged.n) == (0, 3, 1)
    assert audit.found.assumed == pytest.approx(0.7) and audit.flagged.assumed == pytest.approx(0.03)


def test_a_part_of_the_feedback_has_no_model_of_its_own(store: Store) -> None:
    fill(store)
    assert model_health(context_of(store, segment=(("language", "en"),))) is None
