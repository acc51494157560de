"""Who is the customer: settings, labels, elimination, what is said, and what cannot be told."""

from __future__ import annotations

import pytest

from voc.ingest.speakers import LEAST, cast, label_role


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("Agent", "agent"),
        ("AGENT", "agent"),
        ("agent_1", "agent"),
        ("Maria (Rep)", "agent"),
        ("Support - Joe", "agent"),
        ("Customer", "customer"),
        ("CUSTOMER_2", "customer"),
        ("Caller 1", "customer"),
        ("客服", "agent"),
        ("李客服", "agent"),
        ("线上客服：小美", "agent"),
        ("顧客", "customer"),
        ("王客户", "customer"),
        ("系统", "other"),
        ("IVR", "other"),
        ("Maria", None),
        ("SPEAKER_00", None),
        ("张三", None),
    ],
)
def test_words_of_labels(label: str, role: str | None) -> None:
    assert label_role(label) == role


def test_labels_come_before_what_is_said() -> None:
    found = cast([("Customer", "Thank you for calling, how may I help you?"), ("Agent", "I want a refund")])
    assert (found.roles, found.basis, found.confidence) == ({"Customer": "customer", "Agent": "agent"}, "labels", 1.0)


def test_settings_come_before_labels() -> None:
    found = cast([("Agent", "x"), ("Maria", "y")], agents=["maria "], customers=["AGENT"])
    assert (found.roles, found.basis) == ({"Agent": "customer", "Maria": "agent"}, "config")


def test_the_only_one_left_is_the_other_side() -> None:
    found = cast([("Agent", "hello"), ("Jo", "hello")])
    assert (found.roles["Jo"], found.basis, found.confidence) == ("customer", "labels and elimination", 0.9)
    assert cast([("客户", "喂"), ("小美", "喂")]).roles["小美"] == "agent"


CALLS = [
    ["Thank you for calling Norfield, how may I help you?", "My internet stopped working and nobody called me back."],
    ["您好，很高兴为您服务，请问有什么可以帮您？", "我的订单到现在还没发货，你们怎么回事"],
    ["您好，請問有什麼可以幫您？", "我要投訴，等了三個小時都沒人接"],
]


@pytest.mark.parametrize("said", CALLS)
@pytest.mark.parametrize("turned", [False, True])
def test_what_they_say_tells_whoever_speaks_first(said: list[str], turned: bool) -> None:
    turns = [("SPEAKER_00", said[0]), ("SPEAKER_01", said[1])]
    found = cast(turns[::-1] if turned else turns)
    assert found.roles == {"SPEAKER_00": "agent", "SPEAKER_01": "customer"}
    assert found.confidence > 0.75
    assert found.basis.startswith(f"heuristic {found.confidence:.2f}: ")


def test_words_overrule_the_channel() -> None:
    said = [("channel 0", CALLS[0][1]), ("channel 1", CALLS[0][0])]
    assert cast(said, first="channel 0").roles == {"channel 0": "customer", "channel 1": "agent"}
    assert cast([("channel 0", "a"), ("channel 1", "b")], first="channel 0").roles["channel 0"] == "agent"


def test_nothing_but_the_order_is_a_weak_sign() -> None:
    found = cast([("A", "hm"), ("B", "hm")])
    assert found.roles == {"A": "agent", "B": "customer"}
    assert LEAST <= found.confidence < 0.65


def test_several_speakers_of_whom_one_cannot_be_told() -> None:
    found = cast([("A", CALLS[0][0]), ("B", CALLS[0][1]), ("C", "hm")])
    assert found.roles == {"A": "agent", "B": "customer", "C": "other"}
    assert found.confidence < LEAST


def test_one_speaker_is_the_customer_unless_the_words_are_the_companys() -> None:
    assert cast([("A", "hm")]).roles == {"A": "customer"}
    said = "Thank you for calling. How may I help you? I am so sorry about that, let me check for you."
    assert cast([("A", said)]).roles == {"A": "agent"}


def test_nobody_is_named() -> None:
    found = cast([(None, "hello")])
    assert (found.roles, found.confidence) == ({}, 0.5)
    assert found.basis.startswith("unlabelled")


def test_long_texts_are_searched_in_time() -> None:
    found = cast([("A", "i " * 500_000), ("B", "你们" * 200_000)])
    assert set(found.roles) == {"A", "B"}
