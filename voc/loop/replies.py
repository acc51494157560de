"""Hollow replies: what was answered to a customer that says nothing of the case.

Two marks, each counted by itself: an answer is *stock* where a passage of it is near-identical in answers to different
problems, and a written reply is *empty* where it shares no word that names a matter with what the customer wrote. In
conversations that is no mark: "It is. I can change that for you" answers well what was just asked (of the 8 that it
took for empty among 30 conversations of corpora/harbourline, 2026-11, none was; of 5 mails, all were).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

import numpy as np

from voc.dedupe import link, signature
from voc.documents import Document
from voc.loop.terms import LEAST_COLUMNS, columns, substance, terms

LEAST_USES: Final = 3
"""Documents that a passage stands in before it is called stock: two alike may be a follow-up."""

ONE_MATTER: Final = 0.8
"""Share of a stock passage's customers who use one word in common, from which they have one problem: then the same
answer is right for all of them. Half of them must also complain of one and the same driver, or of none."""

COMMON: Final = 0.1
"""Share of all answered documents (of 20 or more) from which a word is too common to name a matter. Swept on 167
answers of the sample company (2026-11), of which 71 hold a stock paragraph: from 0.05 to 0.25 the same 62 are found to
be stock and no other one."""

_ENOUGH: Final = 20
_TEMPLATES: Final = 4096  # passages that are kept in mind: many are given word for word
_COMPARED: Final = 6  # members whose words in common are shown: names and numbers differ already between two
_LEAST_BLOCK: Final = 4  # characters in common that are shown
_GAP: Final = "…"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to one document. ``asked``: the words of the customer; ``passages``: what the company said
    after that, without courtesies, a turn or a reply each; ``drivers``: complaints of the document; ``names``: words of
    names, which an answer may repeat without naming the case; ``written`` is False for conversations."""

    key: str
    channel: str
    asked: str
    passages: tuple[str, ...]
    drivers: frozenset[str]
    names: frozenset[str] = frozenset()
    written: bool = True


@dataclass(frozen=True, slots=True)
class Stock:
    """A passage given to different problems: the words that its uses have in common, and their documents' keys."""

    text: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hollow:
    """Keys of the answers that were looked at, of those that are stock and of those that name nothing of the case;
    ``families``: the stock passages, the most used first."""

    answers: frozenset[str]
    stock: frozenset[str]
    empty: frozenset[str]
    families: tuple[Stock, ...]


def answer_of(document: Document, drivers: Iterable[str]) -> Answer | None:
    """What was answered to ``document``; None where nobody answered, or an answer is not known.

    In a conversation, what an agent says before the customer has said a word is a greeting, not an answer.
    """
    asked, said = document.text, [document.reply or ""]
    if document.turns:
        first = next((i for i, t in enumerate(document.turns) if t.role == "customer"), len(document.turns))
        asked = "\n".join(document.text[t.start : t.end] for t in document.turns if t.role == "customer")
        said += [document.text[t.start : t.end] for t in document.turns[first:] if t.role == "agent"]
    passages = tuple(filter(None, map(substance, said)))
    if not any(text.strip() for text in said):
        return None
    names = " ".join([document.metadata.get("from name", ""), *(t.speaker or "" for t in document.turns)])
    local = (document.customer or "").partition("@")[0].replace(".", " ").replace("_", " ").replace("-", " ")
    ignored, written = terms(f"{names} {local}"), not document.turns
    return Answer(document.key, document.channel, asked, passages, frozenset(drivers), ignored, written)


def hollow(answers: Iterable[Answer]) -> Hollow:
    """Which of ``answers`` are stock, and which name nothing of the case. The order of ``answers`` does not matter."""
    known = sorted(answers, key=lambda a: a.key)
    asked = {a.key: terms(a.asked) for a in known}
    families = _families(known, asked)
    terms_of = lru_cache(maxsize=_TEMPLATES)(terms)
    said = {a.key: terms_of(" ".join(a.passages)) for a in known}
    usual = _common(said.values())
    judged = [a for a in known if a.written and _is_long(a)]
    empty = [a.key for a in judged if not (said[a.key] & asked[a.key]) - usual - a.names]
    stock = frozenset(key for family in families for key in family.keys)
    return Hollow(frozenset(asked), stock, frozenset(empty), tuple(families))


def _is_long(answer: Answer) -> bool:
    return sum(map(columns, answer.passages)) >= LEAST_COLUMNS


def _common(found: Iterable[frozenset[str]]) -> frozenset[str]:
    """Terms that are in too many documents to name a matter."""
    sets = list(found)
    if len(sets) < _ENOUGH:
        return frozenset()
    counts = Counter(term for one in sets for term in one)
    return frozenset(term for term, count in counts.items() if count > COMMON * len(sets))


def _families(answers: Sequence[Answer], asked: Mapping[str, frozenset[str]]) -> list[Stock]:
    counts = Counter(term for one in asked.values() for term in one)
    passages = [(a, text) for a in answers for text in a.passages if columns(text) >= LEAST_COLUMNS]
    made_of = lru_cache(maxsize=_TEMPLATES)(signature)
    signed = [(a, text, made) for a, text in passages if (made := made_of(text)) is not None]
    if not signed:
        return []
    bands = np.stack([made[0] for *_, made in signed])
    hashes = np.stack([made[1] for *_, made in signed])
    first = link(bands, np.ones(len(signed), dtype=np.bool_), np.arange(len(signed)), lambda some: hashes[some])
    members: dict[int, list[tuple[Answer, str]]] = {}
    for family, (answer, text, _) in zip(first.tolist(), signed, strict=True):
        members.setdefault(family, []).append((answer, text))
    found = []
    for uses in members.values():
        keys = tuple(dict.fromkeys(answer.key for answer, _ in uses))
        if len(keys) >= LEAST_USES and not _one_matter(list({a.key: a for a, _ in uses}.values()), asked, counts):
            found.append(Stock(in_common([text for _, text in uses]), keys))
    return sorted(found, key=lambda s: (-len(s.keys), s.keys))


def _one_matter(answers: Sequence[Answer], asked: Mapping[str, frozenset[str]], counts: Mapping[str, int]) -> bool:
    words = Counter(term for a in answers for term in asked[a.key] - a.names)
    drivers = Counter(d for a in answers for d in (a.drivers or {""}))
    others = len(asked) - len(answers)

    def names(term: str, uses: int) -> bool:
        """Whether these customers share the word, and few others use it."""
        rare = others < _ENOUGH or counts[term] - uses <= COMMON * others
        return rare and uses >= ONE_MATTER * len(answers)

    return max(drivers.values()) * 2 >= len(answers) and any(names(*item) for item in words.items())


def in_common(texts: Sequence[str]) -> str:
    """The words that ``texts`` have in common, what lies between them (names, numbers) as an ellipsis."""
    text = texts[0]
    kept = [True] * len(text)
    for other in texts[1:_COMPARED]:
        same = [False] * len(text)
        for block in SequenceMatcher(None, text, other, autojunk=False).get_matching_blocks():
            if block.size >= _LEAST_BLOCK:
                same[block.a : block.a + block.size] = [True] * block.size
        kept = [one and two for one, two in zip(kept, same, strict=True)]
    pieces, last = [], True
    for char, keep in zip(text, kept, strict=True):
        pieces += [char] if keep else [_GAP] if last else []
        last = keep
    return "".join(pieces)
