from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.themes.tokens import (
    chinese_dictionary,
    chinese_of_english,
    concept,
    english_of_chinese,
    group_of,
    terms,
    to_traditional,
)


def surfaces(text: str, language: str) -> list[str]:
    return [term.surface for term in terms(text, language)]


@pytest.mark.parametrize(
    ("text", "present", "absent"),
    [
        ("The gate agent was rude.", ["gate agent", "rude"], ["the", "agent rude", "was"]),
        ("No reply, no refund!", ["no reply", "no refund"], ["reply", "reply no"]),
        ("They didn't respond.", ["not respond"], ["didn't", "respond"]),
        ("Write to a.person@example.com about the refund", ["refund"], ["person", "example", "com"]),
        ("Order HL-20393: <b>no refund</b>", ["order", "no refund"], ["hl", "b", "refund"]),
        ("It’s the clerk’s fault", ["clerk", "clerk fault"], ["it's", "clerk's"]),
    ],
)
def test_english_terms(text: str, present: list[str], absent: list[str]) -> None:
    found = surfaces(text, "en")
    assert set(present) <= set(found)
    assert not set(absent) & set(found)


@pytest.mark.parametrize(
    ("text", "language", "present", "absent"),
    [
        ("服务态度很差，客服热线没人接", "zh-Hans", ["服务态度", "客服热线", "没人接"], ["很", "差"]),
        ("服務態度很差，客服熱線沒人接", "zh-Hant", ["服务态度", "客服热线", "没人接"], ["服務態度"]),
        ("退款一直不处理", "zh-Hans", ["退款", "不处理"], ["一直", "处理"]),
        ("护士态度很差", "zh-Hans", ["护士态度", "态度差"], ["护士态度差"]),
        ("候船大厅的WiFi不能用", "zh-Hans", ["wifi", "候船"], ["WiFi"]),
    ],
)
def test_chinese_terms_in_simplified_script(text: str, language: str, present: list[str], absent: list[str]) -> None:
    found = surfaces(text, language)
    assert set(present) <= set(found), found
    assert not set(absent) & set(found), found


def test_forms_of_a_word_are_counted_together() -> None:
    keys = {form: terms(form, "en")[0].key for form in ("cancel", "cancelled", "cancelling", "cancels")}
    assert len(set(keys.values())) == 1
    assert terms("no reply", "en")[-1].key == terms("no replies", "en")[-1].key
    assert terms("address", "en")[0].key == "address"


@given(st.text(max_size=80), st.sampled_from(["en", "zh-Hans", "zh-Hant", "fr", "ja", "und"]))
@settings(deadline=None)
def test_any_text_gives_short_terms_or_none(text: str, language: str) -> None:
    for term in terms(text, language):
        assert term.key
        assert term.surface
        assert "\x1f" not in term.key
        assert len(term.words) <= 2


@given(st.text(alphabet="客服退款投诉态度恶劣没人接电话打了三次都不理很差的，。候船大厅等了很久", max_size=60))
@settings(deadline=None)
def test_no_chinese_term_is_a_clause(text: str) -> None:
    assert all(len(term.surface) <= 8 and "，" not in term.surface for term in terms(text, "zh-Hans"))


def test_service_words_are_kept_whole() -> None:
    for word in ("客服", "退款", "投诉", "态度恶劣", "没人接", "候船", "踢皮球", "一问三不知"):
        assert list(chinese_dictionary().cut(word)) == [word]


def test_service_words_carry_over_to_the_other_language() -> None:
    assert english_of_chinese()["退款"] == "refund"
    assert chinese_of_english()[terms("refunds", "en")[0].key] == "退款"
    assert chinese_of_english()[terms("no reply", "en")[-1].key] == "没有回复"


def test_the_same_thing_said_in_both_languages_is_one_concept() -> None:
    assert concept("zh", "退款") == concept("en", terms("refunds", "en")[0].key) == "refund"
    assert concept("zh", "没回复") == concept("zh", "没有回复") == concept("en", terms("no reply", "en")[-1].key)
    assert concept("zh", "乌云") == "乌云"


def test_the_list_of_service_words_is_sound() -> None:
    for word, english in english_of_chinese().items():
        assert 2 <= len(word) <= 6
        assert english == english.strip().lower()
    assert concept("zh", "客服") != concept("zh", "退款")


def test_the_groups_of_languages() -> None:
    assert [group_of(tag) for tag in ("en", "en-GB", "zh-Hans", "zh-Hant", "fr", "und")] == [
        "en",
        "en",
        "zh",
        "zh",
        "other",
        "other",
    ]


@pytest.mark.parametrize(
    ("simplified", "traditional"),
    [
        ("服务态度、软件", "服務態度、軟體"),
        ("网络、账户、信息", "網路、帳戶、資訊"),
        ("短信、登录、信号", "簡訊、登入、訊號"),
        ("服务质量、公交车站、合同", "服務品質、公車站、合約"),
        ("窗口、程序、用户", "窗口、程序、用戶"),
        ("小程序的窗口", "小程式的窗口"),
        ("wifi, refund", "wifi, refund"),
        ("", ""),
    ],
)
def test_traditional_script_is_that_of_taiwan_and_of_customers(simplified: str, traditional: str) -> None:
    assert to_traditional(simplified) == traditional
