"""The sample company: its documents are all read, vary like speech, and hold what its README says and no more."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import pytest

from tests.program import COMPANY
from voc.config import load_config
from voc.dedupe import signature, similarity, words_of
from voc.documents import CONVERSATIONS, SET_ASIDE, Document, Reject
from voc.ingest import IngestOptions, open_sources
from voc.trends.series import SIGNALS, changes
from voc.weeks import Week, week_of, weeks_between

LABELS: Final = ("D", "I", "K", "N", "+D", "+I", "+K", "+N", "leave")
STEP, JUMP = "2026-W43", "2026-W41"
THEME_WEEKS: Final = ("2026-W45", "2026-W46")
_WORD: Final = re.compile(r"[a-z0-9]+(?:['’][a-z]+)?")
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_GREETING: Final = frozenset(
    {"dear", "hello", "hi", "regards", "kind", "heronsund", "sir", "madam", "team", "thank", "thanks"}
)


@dataclass(frozen=True)
class Corpus:
    documents: dict[str, Document]
    rejects: list[Reject]
    labels: dict[str, dict[str, Any]]
    about: dict[str, Any]


@cache
def corpus() -> Corpus:
    settings = load_config(COMPANY).ingest
    options = IngestOptions(
        agents=settings.agents, customers=settings.customers, company_domains=settings.company_domains
    )
    read = [item for source in open_sources(str(COMPANY / "feedback"), options) for item in source]
    documents = [item for item in read if isinstance(item, Document)]
    labels = map(json.loads, (COMPANY / "labels.jsonl").read_text("utf-8").strip().split("\n"))
    return Corpus(
        documents={document.id: document for document in documents},
        rejects=[item for item in read if isinstance(item, Reject)],
        labels={row["id"]: row for row in labels},
        about=tomllib.loads((COMPANY / "corpus.toml").read_text("utf-8")),
    )


def named(row: dict[str, Any]) -> set[str]:
    return set(row["neg"]) | {f"+{key}" for key in row["pos"]} | ({"leave"} if row["leave"] else set())


@cache
def weekly() -> tuple[list[str], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Weeks, documents with a label (labels, weeks), documents (weeks,), by the dates that were read."""
    data = corpus()
    zone = load_config(COMPANY).zone
    weeks = [str(w) for w in weeks_between(Week.parse("2026-W31"), Week.parse("2026-W46"))]
    k, n = np.zeros((len(LABELS), len(weeks))), np.zeros(len(weeks))
    for document in data.documents.values():
        assert document.time is not None, document.id
        at = weeks.index(str(week_of(document.time, zone)))
        n[at] += 1
        for label in named(data.labels[document.id]):
            k[LABELS.index(label), at] += 1
    return weeks, k, n


def test_every_document_is_read_and_labelled() -> None:
    data = corpus()
    assert data.documents.keys() == data.labels.keys()
    assert {one.reason for one in data.rejects} == set(SET_ASIDE) - {"company_message"}
    assert len(data.rejects) == data.about["counts"]["set_aside"]


def test_the_counts_are_those_of_the_corpus_file() -> None:
    data = corpus()
    counts = data.about["counts"]
    assert len(data.documents) == counts["documents"]
    assert Counter(row["lang"] for row in data.labels.values()) == counts["languages"]
    assert Counter(document.channel for document in data.documents.values()) == counts["channels"]
    assert Counter(label for row in data.labels.values() for label in row["neg"]) == counts["complaints"]
    assert Counter(label for row in data.labels.values() for label in row["pos"]) == counts["praise"]
    assert sum(row["leave"] for row in data.labels.values()) == counts["leave"]
    assert sum(not named(row) for row in data.labels.values()) == counts["without_label"]


def test_forms_and_languages_are_as_the_readme_says() -> None:
    data = corpus()
    channels = Counter(document.channel for document in data.documents.values())
    assert channels["review"] >= 1500
    assert channels["email"] == 150
    assert channels["call"] + channels["chat"] >= 115
    for document in data.documents.values():
        assert bool(document.turns) == (document.channel in CONVERSATIONS), document.id
        if document.turns:
            assert {"customer", "agent"} <= {turn.role for turn in document.turns}, document.id
    written = {i: row["lang"] for i, row in data.labels.items()}
    right = sum(document.language == written[i] for i, document in data.documents.items())
    assert right >= 0.98 * len(written)


def runs(document: Document) -> Iterator[str]:
    """Sequences of 5 words, of 8 Chinese characters; greetings left out."""
    words = _WORD.findall(document.text.lower())
    for at in range(len(words) - 4):
        if len(_GREETING & {*words[at : at + 5]}) < 2:
            yield " ".join(words[at : at + 5])
    characters = _HAN.findall(document.text)
    for at in range(len(characters) - 7):
        yield "".join(characters[at : at + 8])


def test_no_formula_runs_through_the_texts() -> None:
    data = corpus()
    found: dict[str, int] = defaultdict(int)
    for document in data.documents.values():
        for run in set(runs(document)):
            found[run] += 1
    assert {run: count for run, count in found.items() if count > len(data.documents) / 100} == {}


def test_few_texts_are_near_duplicates() -> None:
    texts = [words_of(document) for document in corpus().documents.values()]
    signed = [made[1] for made in map(signature, texts) if made is not None]
    hashes = np.stack(signed)
    near = [at for at, one in enumerate(signed) if np.count_nonzero(similarity(one, hashes) >= 0.5) > 1]
    assert len(signed) > 0.8 * len(texts)  # the others have fewer than 20 letters
    assert len(near) < len(texts) / 100


def test_lengths_are_those_of_real_feedback() -> None:
    reviews = [d.text for d in corpus().documents.values() if d.channel == "review" and d.language == "en"]
    lengths = sorted(len(text.split()) for text in reviews)
    assert lengths[0] <= 3
    assert lengths[-1] >= 350
    assert 25 <= float(np.mean(lengths)) <= 50


@pytest.mark.parametrize(("label", "before", "after"), [("D", 0.12, 0.24)])
def test_discourtesy_steps_up(label: str, before: float, after: float) -> None:
    weeks, k, n = weekly()
    step, row = weeks.index(STEP), LABELS.index(label)
    assert abs(k[row, :step].sum() / n[:step].sum() - before) < 0.005
    assert abs(k[row, step:].sum() / n[step:].sum() - after) < 0.01


def test_neglect_drifts_from_8_to_20_percent() -> None:
    weeks, k, n = weekly()
    share = k[LABELS.index("N")] / n
    planned = 0.08 + 0.12 * np.arange(len(weeks)) / (len(weeks) - 1)
    assert np.abs(share - planned).max() < 0.01


def test_one_week_has_more_documents_and_the_same_shares() -> None:
    weeks, k, n = weekly()
    jump = weeks.index(JUMP)
    rest = np.delete(n, jump)
    assert n[jump] > 1.6 * rest.max()
    assert rest.max() - rest.min() <= 10
    usual = k.sum(axis=1) / n.sum()
    for label in ("I", "K", "+D", "+I", "+K", "+N", "leave"):
        row = LABELS.index(label)
        assert abs(k[row, jump] / n[jump] - usual[row]) < 0.02, label


def test_the_true_counts_hold_the_planted_changes_and_nothing_else() -> None:
    weeks, k, n = weekly()
    found = changes(k, np.tile(n, (len(LABELS), 1)))
    signals = {
        label: {week: SIGNALS[at] for week, at in zip(weeks, row, strict=True) if at}
        for label, row in zip(LABELS, found.signal.tolist(), strict=True)
        if any(row)
    }
    assert set(signals) == {"D", "N"}
    assert signals["D"] == dict.fromkeys(weeks[weeks.index(STEP) :], "shift_up")
    assert signals["N"].keys() <= set(weeks[-4:])
    assert signals["N"][weeks[-1]] in ("shift_up", "drift_up")


def test_the_new_theme_is_of_the_last_two_weeks() -> None:
    data = corpus()
    theme = [row for row in data.labels.values() if "esim-expired" in row["plants"]]
    by_week = Counter(row["week"] for row in theme)
    assert set(by_week) == set(THEME_WEEKS)
    assert all(12 <= count <= 16 for count in by_week.values())
    assert {row["lang"] for row in theme} == {"en", "zh-Hans", "zh-Hant"}
    texts = [data.documents[row["id"]].text for row in theme]
    assert all(re.search(r"sim|code|碼|码|reissue", text, re.IGNORECASE) for text in texts)
    assert sum("sim" in text.lower() for text in texts) > len(texts) / 2  # some say "the code", as people do


def test_customers_come_back_in_another_channel_after_an_answer() -> None:
    data = corpus()
    first = {data.documents[i].customer: data.documents[i] for i, r in data.labels.items() if "answered" in r["plants"]}
    again = [data.documents[i] for i, row in data.labels.items() if "repeat" in row["plants"]]
    assert 15 <= len({document.customer for document in again}) <= 25
    for document in again:
        before = first[document.customer]
        assert document.channel != before.channel, document.id
        assert before.reply or any(turn.role == "agent" for turn in before.turns), before.id
        assert (before.reply_time or before.time or "") < (document.time or ""), document.id
        assert data.labels[document.id]["neg"], document.id


def test_some_answers_are_templates() -> None:
    data = corpus()
    answered = [d for d in data.documents.values() if d.reply or d.turns]
    stock = [d for d in answered if "template-reply" in data.labels[d.id]["plants"]]
    assert 0.35 <= len(stock) / len(answered) <= 0.5
    replies = [made[1] for d in stock if d.reply and (made := signature(d.reply)) is not None]
    hashes = np.stack(replies)
    alike = [np.count_nonzero(similarity(one, hashes) >= 0.6) for one in replies]
    assert min(alike) >= 3
