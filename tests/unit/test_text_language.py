from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cost import takes_at_most
from voc.text import TESTED_LANGUAGES, detect_language

SENTENCES = {
    "en": [
        "Bad service",
        "ok",
        "Terrible!!!",
        "The crew ignored us for two hours",
        "Lost luggage in Rome",
        "Mediocre pasta, bland risotto, overpriced Chianti",
        "no one cares",
        "Turin to Munich, delayed again",
        "5 stars",
        "The 小籠包 was great but the service was poor",
    ],
    "zh-Hans": [
        "服务很差",
        "没人理我",
        "很好吃",
        "客服态度恶劣，等了两个小时",
        "iPhone 15 Pro Max 屏幕坏了没人修",
        "WiFi太慢了",
        "人太多",
    ],
    "zh-Hant": [
        "服務很差",
        "沒人理我",
        "客服態度惡劣，等了兩個小時",
        "職員好冇禮貌，唔會再嚟",
        "iPhone 螢幕壞了沒人修",
        "「好吃」",
    ],
    "fr": [
        "Le personnel était désagréable et froid.",
        "Personne ne répond au téléphone.",
        "Je ne reviendrai plus jamais ici.",
    ],
    "de": [
        "Das Personal war unfreundlich und arrogant.",
        "Ich warte seit drei Monaten auf mein Geld.",
        "Wir kommen nie wieder hierher.",
        "Niemand hilft mir hier",
    ],
    "es": [
        "El personal fue muy grosero con nosotros.",
        "Nadie contesta el telefono nunca.",
        "Muy buena atencion, gracias a todos.",
    ],
    "ja": ["スタッフの対応が最悪でした。", "部屋が汚い。", "二度と利用しません"],
    "ko": ["직원이 매우 불친절했습니다.", "환불이 안 돼요"],
    "ru": ["Ужасный сервис, больше не приду"],
    "th": ["บริการแย่มาก"],
    "und": ["", "   ", "12345 !!!", "😡😡😡", "-----", "\ufeff"],
}


@pytest.mark.parametrize(("tag", "text"), [(tag, text) for tag, texts in SENTENCES.items() for text in texts])
def test_language_of_short_texts(tag: str, text: str) -> None:
    assert detect_language(text) == tag


@pytest.mark.parametrize(
    ("hans", "hant"),
    [("退款等了三个月", "退款等了三個月"), ("经理说不归他管", "經理說不歸他管"), ("订单无故取消", "訂單無故取消")],
)
def test_scripts_are_told_apart_within_ten_characters(hans: str, hant: str) -> None:
    assert (detect_language(hans), detect_language(hant)) == ("zh-Hans", "zh-Hant")


def test_characters_of_both_scripts_decide_nothing() -> None:
    # 后 里 台 只 are simplified forms and old characters of the traditional script at once
    assert detect_language("后台里只有人") == "zh-Hans"
    assert detect_language("后台里只有人，沒有人理") == "zh-Hant"


def test_a_handle_or_link_is_no_word() -> None:
    assert detect_language("@user 太慢了 https://example.com/a/very/long/path") == "zh-Hans"


def test_the_start_decides_for_long_texts_and_length_costs_nothing() -> None:
    assert detect_language("The room was dirty and nobody came. " * 50_000) == "en"


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cn", "Co", "Cs"]), max_size=200))
def test_any_text_has_a_language_and_always_the_same(text: str) -> None:
    tag = detect_language(text)
    assert tag == detect_language(text)
    assert tag == "und" or tag.partition("-")[0].isalpha()
    if not any(char.isalpha() for char in text):
        assert tag == "und"


def test_tested_languages() -> None:
    assert {"en", "zh-Hans", "zh-Hant"} == TESTED_LANGUAGES


@pytest.mark.parametrize("unit", ["字", "a", "@", "#a", "w", "www.", "&a", "é", "は", "1"])
def test_a_hostile_text_takes_no_time(unit: str) -> None:
    assert takes_at_most(1.0, lambda: detect_language(unit * 1_000_000))
