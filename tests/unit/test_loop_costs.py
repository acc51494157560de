"""The four costs: what states them and what does not."""

from __future__ import annotations

import pytest

from voc.loop.costs import COSTS, costs_of, stated


@pytest.mark.parametrize(
    ("text", "costs"),
    [
        ("They charged me twice and kept the deposit.", {"money"}),
        ("Still no refund after the cancellation", {"money"}),
        ("I’ve been ripped off", {"money"}),
        ("We waited over two hours at the counter", {"time"}),
        ("On hold again this morning", {"time"}),
        ("I rang them four times and was passed from one desk to another", {"effort"}),
        ("The whole thing left my mother in tears", {"effort"}),
        ("I had to drive to the branch with the broken box", {"physical"}),
        ("the soup gave us food poisoning", {"physical"}),
        ("Forty minutes in the queue, three calls and a fee of $30", {"money", "time", "effort"}),
        ("多收了我三十元", {"money"}),
        ("申请退款到现在没人理", {"money"}),
        ("等了两个小时才轮到我", {"time"}),
        ("排队排了半天", {"time"}),
        ("打了五次电话，几个部门互相踢皮球", {"effort"}),
        ("真的很折腾", {"effort"}),
        ("害我白跑一趟门店", {"physical"}),
        ("抱着孩子爬了六层楼梯", {"physical"}),
    ],
)
def test_what_is_stated(text: str, costs: set[str]) -> None:
    assert costs_of(text) == costs


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The clerk was rude",
        "We did not have to wait",
        "Nobody in charge was there",
        "The waiter ignored us",
        "I can't wait to try the other branch",
        "It came free of charge",
        "He paid no attention",
        "there was no queue",
        "The late flight was full",
        "服务员态度很差",
        "没有等多久",
        "安排得很乱",
        "他很客气地说不行",
        "免费送了一份",
        "负责的人不在",
        "把客人分三六九等",
    ],
)
def test_what_is_not(text: str) -> None:
    assert costs_of(text) == set()


def test_every_finding_names_its_words_and_its_place() -> None:
    text = "Forty minutes in the queue, and a fee of $30"
    found = list(stated(text))
    assert {s.cost for s in found} == {"time", "money"} <= set(COSTS)
    assert all(text.casefold()[s.start : s.end] == s.words for s in found)
