from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.text import parse_turns


def spoken(text: str) -> list[tuple[str, str]]:
    return [(turn.role, text[turn.start : turn.end]) for turn in parse_turns(text)]


def test_prefixes_become_turns_with_offsets_behind_them() -> None:
    text = "Customer: my bag is lost\nAgent: Sorry to hear that.\nCustomer: third time!"
    assert spoken(text) == [
        ("customer", "my bag is lost"),
        ("agent", "Sorry to hear that."),
        ("customer", "third time!"),
    ]
    assert [turn.speaker for turn in parse_turns(text)] == ["Customer", "Agent", "Customer"]


@pytest.mark.parametrize(
    ("line", "role"),
    [
        ("客户：东西坏了", "customer"),
        ("客戶：東西壞了", "customer"),
        ("顾客: 东西坏了", "customer"),
        ("用户：坏了吗", "customer"),
        ("買家：東西壞了", "customer"),
        ("旅客：行李不见了", "customer"),
        ("客服：您好", "agent"),
        ("客服小美：您好", "agent"),
        ("坐席 1024：您好", "agent"),
        ("專員：您好", "agent"),
        ("卖家：您好", "agent"),
        ("系统：会话开始", "other"),
        ("CUSTOMER: hello", "customer"),
        ("Passenger 2: hello", "customer"),
        ("Agent Maria: hello", "agent"),
        ("Agent (Maria L.): hello", "agent"),
        ("[10:03] Rep: hello", "agent"),
        ("(10:03:22) Client： hello", "customer"),
        ("[2026-11-02 10:03] Guest: hello", "customer"),
        ("10:03 Bot: hello", "agent"),
        ("**Customer:** hello", "customer"),
        ("  Customer Service: hello", "agent"),
    ],
)
def test_speakers(line: str, role: str) -> None:
    (turn,) = parse_turns(line)
    assert turn.role == role
    assert line[turn.start : turn.end] in ("hello", "您好", "东西坏了", "東西壞了", "坏了吗", "行李不见了", "会话开始")


def test_a_line_without_a_prefix_continues_the_turn() -> None:
    assert spoken("客服：您好\n请稍等\n\n顾客：等了一小时\nRe: order: 5") == [
        ("agent", "您好\n请稍等"),
        ("customer", "等了一小时\nRe: order: 5"),
    ]


def test_text_before_the_first_prefix_is_kept() -> None:
    assert spoken("Chat of 3 May\nCustomer: hi") == [("other", "Chat of 3 May"), ("customer", "hi")]
    assert spoken("my parcel is late\nAgent: sorry") == [("customer", "my parcel is late"), ("agent", "sorry")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The customer: always right",
        "Note that agents were rude.",
        "http://agent:80/",
        "Customers: all of us",
        "12:30",
    ],
)
def test_prose_has_no_turns(text: str) -> None:
    assert parse_turns(text) == ()


def test_empty_turns_are_left_out() -> None:
    assert spoken("Customer:\nAgent:   \nCustomer: hi") == [("customer", "hi")]


LINES = st.lists(
    st.tuples(
        st.sampled_from(["Customer: ", "Agent: ", "客服：", "用户：", "", "[9:15] Agent: "]), st.text(max_size=20)
    ),
    max_size=12,
)


@settings(deadline=None)
@given(LINES)
def test_turns_are_ordered_trimmed_and_lose_nothing(lines: list[tuple[str, str]]) -> None:
    text = "\n".join(prefix + said for prefix, said in lines)
    turns = parse_turns(text)
    last = 0
    for turn in turns:
        assert last <= turn.start < turn.end <= len(text)
        assert text[turn.start : turn.end] == text[turn.start : turn.end].strip()
        last = turn.end
    if turns:
        gaps = text[: turns[0].start] + "".join(text[a.end : b.start] for a, b in pairwise(turns))
        assert all(part.rstrip().endswith((":", "：")) or not part.strip() for part in gaps.split("\n"))


def test_hostile_lines_cost_linear_time() -> None:
    assert parse_turns("[" * 200_000) == ()
    assert parse_turns(("Agent " * 50_000) + "\n" + " " * 200_000) == ()
    assert len(parse_turns("Agent: a\n" * 20_000)) == 20_000
