"""Numbers of orders, flights, parcels and cases are nobody's telephone: three hundred of them, named and not."""

from __future__ import annotations

from random import Random

import pytest

from voc.privacy import find

# 9 stands for any digit, A for any capital letter; the forms are those that airlines, couriers and shops publish.
NAMED = (  # long runs of digits, which only the word beside them tells
    ("My order {} never came.", "9999999999"),
    ("Order no. {} was split in two parcels.", "99999999999"),
    ("I asked about order number {} twice.", "07999999999"),
    ("Ref: {} was closed without a word.", "9999-9999"),
    ("Case number {} is still open.", "02099999999"),
    ("Your tracking number {} leads nowhere.", "99999999999"),
    ("Parcel {} is lost, I fear.", "999 9999 9999"),
    ("The booking reference is {}, paid in May.", "9999999999"),
    ("Invoice {} has the wrong date.", "2026999999"),
    ("Claim {} was refused.", "999-999-9999"),
    ("Ticket {} was answered by a robot.", "13999999999"),
    ("E-ticket {} could not be changed.", "016-9999999999"),
    ("Air waybill {} sits in customs.", "176-99999999"),
    ("Policy number {} has lapsed, they say.", "8899999999"),
    ("Shipment {} went to the wrong town.", "99999999"),
    ("订单号{}一直没有发货。", "13999999999"),
    ("我的订单{}被取消了两次。", "15999999999"),
    ("快递单号{}查不到。", "139999999999"),
    ("运单号：{}，三天没动。", "99999999999"),
    ("受理编号{}没有下文。", "9999 9999"),
    ("工单{}又被关掉了。", "18999999999"),
    ("发票号码{}抬头错了。", "99999999"),
    ("航班票号{}退不了。", "999-9999999999"),
    ("取件码{}打不开柜子。", "99999999"),
    ("保单号{}查无此人。", "17999999999"),
    ("訂單編號{}還沒出貨。", "0999999999"),
    ("包裹單號{}一直在轉運。", "09999999999"),
    ("案件{}沒有人處理。", "99999999"),
    ("受理號碼{}石沉大海。", "0299999999"),
    ("機票{}不能改期。", "297-9999999999"),
)
BARE = (  # what its form alone tells
    ("HL-{} arrived broken.", "99999"),
    ("{} was delayed by four hours.", "CX 999"),
    ("We flew {} and never again.", "BA9999"),
    ("{} says delivered, but it was not.", "1Z999AA99999999999"),
    ("{} shows no movement.", "SF9999999999999"),
    ("{} is stuck in Leipzig.", "JD999999999999999999"),
    ("{} was returned to sender.", "RR999999999CN"),
    ("{} went missing.", "LP99999999999999"),
    ("{} again and again.", "HS-99999"),
    ("{} was never answered.", "CASE-2026-999999"),
    ("{}没有送到。", "YT9999999999999"),
    ("{}丢了。", "JDVB99999999999"),
    ("{}延误了三个小时。", "CA9999"),
    ("{}取消了，没人通知。", "MU9999"),
    ("{}誤點兩小時。", "BR999"),
    ("{}還在轉運中。", "TW99999999999999"),
    ("The set {} lacks a screw.", "702.999.99"),
    ("Article {} is not the one in the picture.", "999-99-99"),
    ("Firmware {} broke it.", "2.99.9"),
    ("We paid 1,999.99 for {}.", "AAA9999AA"),
)
EACH = 6


def _filled(form: str, chance: Random) -> str:
    digits = (char if char != "9" else str(chance.randrange(10)) for char in form)
    return "".join(char if char != "A" else chance.choice("ABCDEFGHKLMNPRSTUVWXYZ") for char in digits)


def references() -> list[tuple[str, str]]:
    """Three hundred sentences, each with the number in it."""
    chance = Random(20261122)
    return [
        (sentence.format(number), number)
        for sentence, form in [*NAMED, *BARE]
        for number in [_filled(form, chance) for _ in range(EACH)]
    ]


def test_there_are_three_hundred() -> None:
    assert len({text for text, _ in references()}) == 300


def test_none_is_taken_for_a_telephone() -> None:
    taken = [text for text, _ in references() if any(one.mark == "[phone]" for one in find(text))]
    assert taken == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nearly_all_are_left_as_they_are(language: str) -> None:
    some = [(text, number) for text, number in references() if text.isascii() == (language == "en")]
    hidden = [
        text
        for text, number in some
        if any(one.start < text.index(number) + len(number) and one.end > text.index(number) for one in find(text))
    ]
    assert len(hidden) <= len(some) // 50, hidden


def test_a_telephone_beside_them_is_still_found() -> None:
    assert [one.mark for one in find("Order 5551234567: call me on 07700 900123.")] == ["[phone]"]
    assert [one.mark for one in find("订单号13912345678，电话13800138000")] == ["[phone]"]
