"""Dissatisfaction without a driver: words, their negation, and the rating."""

from __future__ import annotations

import pytest

from voc.themes.dissatisfaction import tone

DISSATISFIED = {
    "en": [
        "The fare is far too expensive.", "Not good at all.", "The screen was cracked when it came.",
        "I would never call this helpful.", "The seats aren't comfortable.", "Poor coverage in the hills.",
    ],
    "zh-Hans": ["票价太贵了", "不好吃", "信号一点都不清晰", "房间里有异味", "屏幕坏了", "并不方便"],
    "zh-Hant": ["票價太貴了", "不好吃", "房間裡有異味", "螢幕壞了", "品質很差", "不滿意"],
}  # fmt: skip
CONTENT = {
    "en": ["Lovely crew, smooth crossing.", "Not bad at all.", "No problems with the booking.", "We sailed on Monday."],
    "zh-Hans": ["船很干净", "不差", "价格不贵", "没有问题", "星期一坐的船"],
    "zh-Hant": ["船很乾淨", "價格不貴", "沒有問題", "星期一搭的船"],
}  # fmt: skip


@pytest.mark.parametrize(("language", "text"), [(tag, t) for tag, texts in DISSATISFIED.items() for t in texts])
def test_dissatisfaction_is_seen(language: str, text: str) -> None:
    assert tone(text, language).dissatisfied(low=False)


@pytest.mark.parametrize(("language", "text"), [(tag, t) for tag, texts in CONTENT.items() for t in texts])
@pytest.mark.parametrize("low", [False, True])
def test_what_is_content_or_neutral_is_not(language: str, text: str, low: bool) -> None:
    assert not tone(text, language).dissatisfied(low=low)


def test_weaker_words_count_where_the_rating_is_low() -> None:
    text = "Why does a small bag cost money again?"
    assert tone(text, "en").dissatisfied(low=True)
    assert not tone(text, "en").dissatisfied(low=False)


@pytest.mark.parametrize("text", ["", "???", "12:30", "🙂"])
def test_a_text_without_words_says_nothing(text: str) -> None:
    assert not tone(text, "und").dissatisfied(low=True)


def test_a_language_without_a_list_is_read_for_both() -> None:
    assert tone("服务太差", "und").dissatisfied(low=False)
    assert tone("what a terrible line", "und").dissatisfied(low=False)
