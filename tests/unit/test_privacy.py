from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cost import grows_linearly, takes_at_most
from voc.errors import UsageError
from voc.privacy import find, pseudonym, redact, shown_id


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to jo.bloggs+x@mail.example.co.uk, please", "Write to [email], please"),
        ("请发邮件到zhang.san@example.com谢谢", "请发邮件到[email]谢谢"),
        ("jo (at) example (dot) com or lin＠example.com", "[email] or [email]"),
        ("+44 20 7946 0958 or 020 7946 0958, 07700 900123", "[phone] or [phone], [phone]"),
        ("0044 20 7946 0958; +1 (415) 555-2671; +852 2345 6789", "[phone]; [phone]; [phone]"),
        (
            "电话13800138000，或者138-0013-8000，010-12345678，400-820-8820",
            "电话[phone]，或者[phone]，[phone]，[phone]",
        ),
        ("１３８００１３８０００", "[phone]"),
        ("手機 0912-345-678 或 (02)2345-6789", "手機 [phone] 或 [phone]"),
        ("(555) 234-5678, 555-234-5678, 1-800-555-0199", "[phone], [phone], [phone]"),
        ("WhatsApp me on 98765432, 致電 23456789", "WhatsApp me on [phone], 致電 [phone]"),
        ("HK office 2345 6789", "HK office [phone]"),
        ("call me at 5551234567", "call me at [phone]"),
        ("card 4111 1111 1111 1111 123", "card [card] 123"),
        ("卡号4111111111111111，5500-0000-0000-0004", "卡号[card]，[card]"),
        ("身份证11010519491231002X，11010519491231002x", "身份证[id]，[id]"),
        ("身分證A123456789", "身分證[id]"),
        ("HKID A123456(3)", "HKID [id]"),
        ("SSN 078-05-1120", "SSN [id]"),
        ("NI number QQ 12 34 56 C is not one but AB 12 34 56 C is", "NI number QQ 12 34 56 C is not one but [id] is"),
        ("GB82 WEST 1234 5698 7654 32 and DE89370400440532013000", "[id] and [id]"),
    ],
)
def test_personal_numbers_go(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Order HL-20393 on flight BA2490, seat 14C, ref 1234-5678",
        "From 2022-11-15 to 31/12/2022, 10-12-2022 or 2019/9/24, 2019-2020",
        "At 10:03:22, between 14:30-15:30, in 2019 2020",
        "It cost 1,234.50, then 5000-6000元, US$ 2500-3456 and 3.5%",
        "Order number 5551234567, 订单202611021234567890, 快递单号SF1234567890123",
        "4111 1111 1111 1112 fails its check",  # Luhn
        "110105194912310021 and 110105199913310021 fail theirs",  # China
        "A123456788 and DE89370400440532013001 fail theirs",
        "called 2022-11-15 3 times, phone died 10 times in 20 days",
        "@user I was at the (dotted) line, @united and @DeltaAssist too",
        "房间8023，第3次，等了120分钟",
        "",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert redact(text) == text


SNIPPETS = st.lists(
    st.sampled_from(
        [
            "4111 1111 1111 1111",
            "jo@example.com",
            "+1 415 555 2671",
            "13800138000",
            "A123456789",
            "2022-11-15",
            "HL-20393",
            " ",
            "-",
            "call me on ",
            "7",
            "，",
            "x",
            "(02)2345-6789",
            "078-05-1120",
            ".",
        ]
    ),
    max_size=12,
).map("".join)


@settings(deadline=None)
@given(SNIPPETS | st.text(st.sampled_from("0123456789 -+()@.aA/電话"), max_size=60))
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Nd", "Lu", "Lo", "Cs"], exclude_characters="@＠[(幺〇"), max_size=80))
def test_text_without_digits_capitals_or_signs_keeps_its_numbers_and_addresses(text: str) -> None:
    assert {one.mark for one in find(text)} <= {"[name]"}


@settings(deadline=None)
@given(st.text(max_size=120) | SNIPPETS)
def test_found_spans_are_in_order_and_apart(text: str) -> None:
    found = find(text)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


HOSTILE = [
    "1", "1 ", "1-", "+1 ", "a@", "a.", "(0", "A1", "GB82 ", "phone ", "phone 1", "[at]", "0 ", "A", "a",
    "Mr ", "Ann ", "A. ",
    "A-", "O'", "12 Ann ", "Ann Road ", "Road 1 ", "王", "王伟", "张三路3号", "路1", "在", "小王", "姓",
    "1.", ":", "::1", "@a",
    "微信", "QQ1", "passport 1", "plate A", "京A", "一", "〇", "I'm ", "\n", "order 1", "ſ", "İ", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_texts_take_linear_time(unit: str) -> None:
    find("Ann, 王伟")  # the word lists are read once
    assert grows_linearly(lambda size: find(unit * (size // len(unit))), 6_000, 24_000)


@settings(max_examples=60)
@given(st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=4), st.integers(1, 400))
def test_mixed_hostile_texts_take_bounded_time(units: list[str], times: int) -> None:
    assert takes_at_most(2, lambda: find("".join(units) * times))


def test_a_long_word_takes_no_more_than_its_length() -> None:
    words = ["a" * 2_000_000, "A" * 1_000_000, "7" * 1_000_000]
    found: list[object] = []
    assert takes_at_most(8, lambda: found.extend(find(word) for word in words))
    assert not any(found)


@given(st.text(max_size=60))
def test_the_name_that_is_shown_of_a_document_tells_of_nobody(identity: str) -> None:
    shown = shown_id(identity, "0123456789abcdef0123456789abcdef")
    assert redact(shown) == shown
    assert shown == (identity if redact(identity) == identity else "0123456789abcdef0123456789abcdef")


def test_a_message_id_is_shown_as_the_key_that_leads_to_it() -> None:
    key = "77f1f84efb677eac4df886c6161de582"
    assert shown_id("<20261112.7@mail.example.com>", key) == key
    assert shown_id("hs-2096", key) == "hs-2096"


def test_a_pseudonym_lasts_as_long_as_its_key() -> None:
    key = b"k" * 32
    assert pseudonym("Li Hua", key) == pseudonym("Li Hua", key) != pseudonym("Li Hua", b"other")
    assert pseudonym("李华", key).startswith("c-") and len(pseudonym("李华", key)) == 18
    with pytest.raises(UsageError, match="empty"):
        pseudonym("Li Hua", b"")
