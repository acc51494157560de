"""Signatures estimate similarity; families are the same in whatever order and batches documents come."""

from __future__ import annotations

import hashlib
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cost import takes_at_most
from voc.dedupe import BANDS, LEAST, PERMUTATIONS, THRESHOLD, encode, link, signature, similarity, words_of
from voc.documents import Document, Turn

LETTER = (
    "Dear team, my order {0} from {1} was due last week and has not come. I called twice, and both times your "
    "colleague promised that someone would look into it the same day. Please tell me where my parcel is."
)
LETTER_ZH = (
    "您好，我上周在{1}买的订单{0}到现在还没有收到，打了两次电话，客服每次都说当天会查，"
    "结果没有任何人回复，请告诉我包裹在哪里。"
)


def similar(one: str, other: str) -> float:
    a, b = signature(one), signature(other)
    assert a is not None and b is not None
    return float(similarity(a[1], b[1][None])[0])


def families(texts: list[str], batches: list[list[int]] | None = None) -> set[frozenset[int]]:
    """The families of ``texts`` as sets of indices, when they come in ``batches``."""
    made = [signature(t) for t in texts]
    order: list[int] = []
    found = np.zeros(0, dtype=np.int64)
    for batch in batches or [list(range(len(texts)))]:
        old = len(order)
        order += [i for i in batch if made[i] is not None]
        signatures = [made[i] for i in order]
        if not signatures:
            continue
        bands, hashes = (np.stack([s[part] for s in signatures]) for part in (0, 1))
        fresh = np.arange(len(order)) >= old
        found = link(bands, fresh, np.append(found, np.arange(old, len(order))), lambda some: hashes[some])  # noqa: B023
    grouped: dict[int, set[int]] = {}
    for place, top in enumerate(found.tolist()):
        assert top <= place
        grouped.setdefault(top, set()).add(order[place])
    return {frozenset(g) for g in grouped.values() if len(g) > 1}


def test_the_same_words_are_the_same_whatever_their_dress() -> None:
    plain = "The crew at gate 12 would not listen to us at all"
    assert similar(plain, "the  CREW, at gate 7:\nwould not listen -- to us at ALL!!!") == 1.0
    assert (
        similar("客服的态度真的非常差，等了3个小时都没有人理", "客服的态度真的非常差等了12个小时, 都没有人理！！")
        == 1.0
    )
    assert (
        similar("全角ＡＢＣ和半角字符应该是一样的没有什么区别吧", "全角abc和半角字符应该是一样的没有什么区别吧") == 1.0
    )


@pytest.mark.parametrize("letter", [LETTER, LETTER_ZH])
def test_a_filled_in_form_is_near_and_another_text_is_not(letter: str) -> None:
    one, other = letter.format("A-1", "北京"), letter.format("B-22", "上海")
    assert similar(one, other) >= THRESHOLD
    assert (
        similar(one, "The crossing was calm, the cabin clean and the breakfast better than at home, thank you.") < 0.1
    )


def jaccard(one: str, other: str) -> float:
    a, b = ({t[i : i + 5] for i in range(len(t) - 4)} for t in (one, other))
    return len(a & b) / len(a | b)


@pytest.mark.parametrize("seed", range(5))
def test_the_estimate_is_near_the_true_similarity(seed: int) -> None:
    rng = random.Random(seed)
    words = ["".join(rng.choices("bcdfgklmnprstaeiou", k=rng.randint(3, 8))) for _ in range(80)]
    changed = [w if rng.random() < 0.85 else w[::-1] + "x" for w in words]
    one, other = " ".join(words), " ".join(changed)
    assert abs(similar(one, other) - jaccard(one, other)) < 4 * np.sqrt(0.25 / PERMUTATIONS)


def test_short_texts_are_not_linked() -> None:
    assert signature("很好") is None
    assert signature("a" * (LEAST - 1) + "  !!! …") is None
    assert signature("a" * LEAST) is not None
    assert signature("") is None
    assert signature("ab " * (LEAST // 2)) is not None


def test_signatures_stay_what_they_are() -> None:
    """They are stored: where this fails, give SCHEME another name, so that stored ones are made anew."""
    made = encode([signature(LETTER), signature(LETTER_ZH), None])
    digest = hashlib.sha256(b"".join(part for one in made for part in one)).hexdigest()[:16]
    assert digest == "596dca529fa66f14"
    assert [(len(bands), len(hashes)) for bands, hashes in made] == [(4 * BANDS, 2 * PERMUTATIONS)] * 2 + [(0, 0)]


def test_long_texts_are_read_to_their_end_in_bounded_memory() -> None:
    rng = random.Random(1)
    words = [f"{rng.choice('bcdfg')}{rng.random()}" for _ in range(12_000)]
    one = signature(" ".join(words))
    other = signature(" ".join([*words[:6000], *(w[::-1] for w in words[6000:])]))
    assert one is not None and other is not None
    assert similarity(one[1], other[1][None])[0] < THRESHOLD


def test_families_are_connected() -> None:
    letters = [LETTER.format(n, place) for n, place in enumerate(["Leeds", "Hull", "York", "Bath"])]
    chinese = [LETTER_ZH.format(n, place) for n, place in enumerate(["北京", "上海", "广州"])]
    alone = "The crossing was calm, the cabin clean and the breakfast better than at home, thank you."
    texts = [*letters, alone, *chinese, "很好", "很好"]
    assert families(texts) == {frozenset({0, 1, 2, 3}), frozenset({5, 6, 7})}


SENTENCE = "the ferry left early and nobody told us why so we waited for hours at gate four with two children"


@st.composite
def collections(draw: st.DrawFn) -> tuple[list[str], list[list[int]]]:
    """Texts that are edits of one another, many at the edge of being near duplicates, in some order and batches."""
    texts = [SENTENCE]
    for _ in range(draw(st.integers(1, 14))):
        words = draw(st.sampled_from(texts)).split()
        for _ in range(draw(st.integers(0, 3))):
            words[draw(st.integers(0, len(words) - 1))] = draw(st.sampled_from(["late", "again", "boat", "crew"]))
        texts.append(" ".join(words))
    order = draw(st.permutations(range(len(texts))))
    cuts = sorted(draw(st.lists(st.integers(0, len(texts)), max_size=3)))
    return texts, [order[a:b] for a, b in zip([0, *cuts], [*cuts, len(texts)], strict=True)]


@settings(deadline=None)
@given(collections())
def test_order_and_batches_do_not_matter(case: tuple[list[str], list[list[int]]]) -> None:
    texts, batches = case
    assert families(texts, batches) == families(texts) == expected(texts)


def expected(texts: list[str]) -> set[frozenset[int]]:
    """The connected components, pair by pair."""
    made = [signature(t) for t in texts]
    groups = [{i} for i in range(len(texts))]
    for i, one in enumerate(made):
        for j, other in enumerate(made[:i]):
            if one is None or other is None or not (one[0] == other[0]).any():
                continue
            if similarity(one[1], other[1][None])[0] >= THRESHOLD and groups[i] is not groups[j]:
                groups[i] |= groups[j]
                for k in groups[j]:
                    groups[k] = groups[i]
    return {frozenset(g) for g in groups if len(g) > 1}


def test_a_template_of_thousands_is_cheap() -> None:
    made = signature(LETTER)
    assert made is not None
    bands, hashes = np.repeat(made[0][None], 200_000, axis=0), np.repeat(made[1][None], 200_000, axis=0)
    found: list[bool] = []
    every = np.ones(200_000, dtype=bool)
    assert takes_at_most(
        10, lambda: found.append(link(bands, every, np.arange(200_000), lambda some: hashes[some]).any())
    ), "pairs would take hours"
    assert not any(found)


def test_only_what_the_customer_said_counts() -> None:
    text = "Customer: hello\nAgent: standard words\nCustomer: bye"
    turns = (Turn("customer", 10, 15), Turn("agent", 23, 37), Turn("customer", 48, 51))
    assert words_of(Document("1", text, "a", "chat", turns=turns)) == "hello\nbye"
    assert words_of(Document("1", text, "a")) == text
