from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cost import grows_linearly
from voc.documents import Turn
from voc.text import display, parse_turns, segment

WIDE = re.compile(r"[\u3000-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")


def pieces(text: str) -> list[str]:
    return [text[s.start : s.end] for s in segment(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The crew was rude. Nobody said sorry!", ["The crew was rude.", "Nobody said sorry!"]),
        ("Mr. Lee waited 5.30 hours at St. Pancras, e.g. in the cold.", None),
        ("We left at 6 p.m. and got home at 10 a.m. on Sunday.", None),
        ("See www.example.com/a.b?c=1!d or mail jo@example.co.uk about v2.5.1 please.", None),
        ("It was the U.S. branch of Hill Inc. that failed us.", None),
        ("They said no. I left.", ["They said no.", "I left."]),
        ("Call no. 5 was worse.", None),
        ("Arrived on time.The crew smiled.", ["Arrived on time.", "The crew smiled."]),
        ("1. The room smelled\n2. The lift broke", ["1. The room smelled", "2. The lift broke"]),
        ("So slow... Never again", ["So slow...", "Never again"]),
        ('"Wait there." That was all he said.', ['"Wait there."', "That was all he said."]),
        ("Great view 😀😀 Poor breakfast", ["Great view 😀😀", "Poor breakfast"]),
        ("房间很好。前台没人理！下次不来了", ["房间很好。", "前台没人理！", "下次不来了"]),
        ("價格3.5折，送餐很慢.態度也差", ["價格3.5折，送餐很慢.", "態度也差"]),
        ("服务还行；早餐一般……不推荐了", ["服务还行；", "早餐一般……", "不推荐了"]),
        ("有几点问题：1.消防未通过！2.房屋漏水", ["有几点问题：1.消防未通过！", "2.房屋漏水"]),
        ("味道不错~配送太慢", ["味道不错~", "配送太慢"]),
        ("「您等等。」他说完就走了", ["「您等等。」", "他说完就走了"]),
    ],
)
def test_sentences(text: str, expected: list[str] | None) -> None:
    assert pieces(text) == (expected or [text])


def test_points_between_chinese_sentences_end_them() -> None:
    assert pieces("房间比较简单.建议用别的路线.") == ["房间比较简单.", "建议用别的路线."]


def test_a_contrast_starts_a_piece_where_both_sides_stand_alone() -> None:
    assert pieces("The room was lovely and clean, but the desk ignored us for an hour.") == [
        "The room was lovely and clean,",
        "but the desk ignored us for an hour.",
    ]
    assert pieces("房间很干净也很大，但是前台态度特别差") == ["房间很干净也很大，", "但是前台态度特别差"]
    for whole in ("Nice, but slow.", "They did nothing but talk to each other all evening.", "很好，但是贵"):
        assert pieces(whole) == [whole]


def test_scraps_join_a_neighbour() -> None:
    assert pieces("Ok. The bus came late. :(") == ["Ok. The bus came late. :("]
    assert pieces("差！前台没有人理我们") == ["差！前台没有人理我们"]
    assert pieces("好") == ["好"]


def test_long_sentences_are_cut_at_clauses_then_spaces_then_hard() -> None:
    clauses = "，".join(["前台的人一直在聊天没有一个人看我们一眼"] * 12)
    assert all(piece.endswith("，") for piece in pieces(clauses)[:-1])
    words = "word " * 200
    assert all(set(piece.split()) == {"word"} for piece in pieces(words))
    assert [len(piece) for piece in pieces("x" * 500)] == [240, 240, 20]
    assert [len(piece) for piece in pieces("字" * 250)] == [100, 100, 50]


def test_only_the_customers_turns_are_cut() -> None:
    text = "Agent: Welcome. How can I help?\nCustomer: No bag. No answer!\nAgent: Sorry.\nCustomer: Goodbye then."
    found = segment(text, parse_turns(text))
    assert [(s.index, s.turn, text[s.start : s.end]) for s in found] == [
        (0, 1, "No bag."),
        (1, 1, "No answer!"),
        (2, 3, "Goodbye then."),
    ]
    assert segment(text, [Turn("agent", 0, len(text))]) == ()


@pytest.mark.parametrize("text", ["", " ", "\n\t\u3000\n"])
def test_nothing_to_cover(text: str) -> None:
    assert segment(text) == ()


TEXT = st.text(
    st.one_of(
        st.sampled_from(list("abc XYZ.!?,;:\n\"'()。！？，；…~～很好但是服务 3 7@/w😀\ufe0f\u200d#-")), st.characters()
    ),
    max_size=400,
) | st.lists(
    st.sampled_from(
        [
            "but ",
            "however ",
            "但是",
            "不过",
            "http://a.b/c. ",
            "e.g. ",
            "Mr. ",
            "3.5",
            "...",
            "\n\n",
            "很差",
            "word ",
            "😡",
        ]
    ),
    max_size=120,
).map("".join)


def cost(piece: str) -> int:
    return sum(12 if WIDE.match(char) else 5 for char in piece if not char.isspace())


@settings(deadline=None)
@given(TEXT)
def test_pieces_are_ordered_disjoint_trimmed_within_the_limit_and_cover_everything(text: str) -> None:
    last = 0
    for number, piece in enumerate(segment(text)):
        assert piece.index == number and piece.turn is None
        assert last <= piece.start < piece.end <= len(text)
        assert not text[last : piece.start].strip()
        core = text[piece.start : piece.end]
        assert core == core.strip()
        assert cost(core) <= 1200
        last = piece.end
    assert not text[last:].strip()


@settings(deadline=None)
@given(TEXT, st.data())
def test_pieces_of_conversations_cover_the_customer_and_nobody_else(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=6)))
    turns = [Turn(data.draw(st.sampled_from(["customer", "agent", "other"])), a, b) for a, b in pairwise(cuts) if a < b]
    if not turns:
        return
    covered = set()
    for piece in segment(text, turns):
        assert piece.turn is not None
        turn = turns[piece.turn]
        assert turn.role == "customer" and turn.start <= piece.start < piece.end <= turn.end
        covered |= set(range(piece.start, piece.end))
    wanted = {at for t in turns if t.role == "customer" for at in range(t.start, t.end) if not text[at].isspace()}
    assert wanted <= covered


@pytest.mark.parametrize(
    "unit",
    [
        "x",
        "字",
        ".",
        "a.",
        "!",
        "😀",
        "but ",
        "，",
        " ",
        "\n",
        "http://",
        "a@b.",
        "(",
        "1.",
        "Mr. ",
        "但是",
        "\u0301",
        "~",
    ],
)
def test_a_hostile_megabyte_takes_linear_time(unit: str) -> None:
    assert grows_linearly(lambda size: segment(unit * (size // len(unit))), 25_000, 100_000)


def test_display_is_for_people() -> None:
    assert display(" a\u202eb\u200b\n\n c\x00\x1b[2J\t\u3000d ") == "ab c[2J d"
    assert display("\ud800") == "\ufffd"
    assert display("👨\u200d👩\u200d👧") == "👨\u200d👩\u200d👧"
