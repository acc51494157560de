"""Which words stand for all that were said: of all who speak, in proportion, and never only the strongest."""

from __future__ import annotations

import hashlib
import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from voc.pipeline.quoting import SAMPLE, Sample, Words, representative
from voc.results import Evidence

TEXTS = (
    "Nobody answered my letter about the broken turnstile",
    "我打了三次电话，每次都说会回电，到现在也没有人联系我",
    "The refund for the cancelled crossing is four weeks late",
    "櫃檯的人連頭都沒抬，叫我自己去看牆上的告示",
    "Two desks, two answers, and neither knew the tariff for bicycles",
    "They promised a call before noon and the phone stayed silent",
    "订单改了两次还是错的，客服只会复制同一段话",
    "My complaint was closed without a word of explanation",
)


def _key(name: object) -> str:
    return hashlib.sha256(str(name).encode()).hexdigest()[:32]


def _words(name: object, text: str, score: float = 0.9, channel: str = "email", language: str = "en") -> Words:
    return Words(_key(name), text, 0, len(text), score, (channel, language))


def test_channels_and_languages_speak_in_proportion() -> None:
    many = [_words(i, f"{TEXTS[i % 8]} {_key(i)}", channel="review") for i in range(60)]
    many += [_words(100 + i, f"{_key(i)} {TEXTS[i % 8]}", channel="call") for i in range(20)]
    many += [_words(200 + i, f"{_key(i)} 没有人回复我的留言 {_key(-i)}", language="zh-Hans") for i in range(20)]
    shown = Counter(w.stratum for w in representative(many, 5))
    assert shown == {("review", "en"): 3, ("call", "en"): 1, ("email", "zh-Hans"): 1}
    assert [w.stratum[0] for w in representative(many, 1)] == ["review"]


def test_the_strongest_have_no_precedence_and_the_unsure_half_comes_last() -> None:
    words = [_words(i, f"{_key(i)} {TEXTS[i % 8]}", score=i / 100) for i in range(100)]
    shown = representative(words, 10)
    assert all(w.score >= 0.49 for w in shown)
    assert {w.score for w in shown} != {i / 100 for i in range(90, 100)}
    assert sum(w.score < 0.75 for w in shown) >= 2
    assert [w.score for w in representative(words[:1], 3)] == [0.0]


def test_what_says_the_same_comes_last_and_what_is_too_short_or_long_after_the_rest() -> None:
    same = [_words(i, f"{TEXTS[0]}, case {i}.") for i in range(6)]
    other = _words("other", TEXTS[2])
    shown = representative([*same, other], 3)
    assert {w.text for w in shown[:2]} >= {TEXTS[2]}
    assert len(shown) == 3
    odd = [_words("short", "bad"), _words("long", "word " * 80)]
    assert [len(w.text) > 3 and len(w.text) < 400 for w in representative([*odd, other, _words(9, TEXTS[5])], 4)] == [
        True,
        True,
        False,
        False,
    ]


@given(
    st.lists(st.tuples(st.sampled_from(TEXTS), st.sampled_from("abc"), st.floats(0, 1)), max_size=30), st.integers(0, 8)
)
def test_any_order_gives_the_same_choice(drawn: list[tuple[str, str, float]], count: int) -> None:
    words = [_words(i, text, score, channel) for i, (text, channel, score) in enumerate(drawn)]
    shown = representative(words, count)
    random.Random(7).shuffle(words)
    assert representative(words, count) == shown
    assert len(shown) == min(count, len(words)) == len({w.key for w in shown})


def test_a_sample_is_uniform_and_knows_no_order() -> None:
    names = [_key(i) for i in range(1000)]
    evidence = [Evidence("neglect.complaint", 0, 0, 5, i / 1000) for i in range(1000)]
    one, two = Sample(), Sample()
    for key, e in zip(names, evidence, strict=True):
        one.add(key, e)
    for key, e in reversed(list(zip(names, evidence, strict=True))):
        two.add(key, e)
    assert set(one.keys) == set(two.keys) == set(sorted(names)[:SAMPLE])
    scores = [e.score for _, _, e in one.rows]
    assert 0.4 < sum(scores) / SAMPLE < 0.6
