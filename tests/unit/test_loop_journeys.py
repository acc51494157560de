"""Journeys and returns; response times."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.documents import Document, Turn
from voc.loop import Touch, journeys, returns, waits
from voc.loop.journeys import LONGEST
from voc.loop.waiting import conversation, thread

UTC, SHANGHAI = ZoneInfo("UTC"), ZoneInfo("Asia/Shanghai")
FIRST = Touch("a", "c1", 100, "email", frozenset({"neglect", "discourtesy"}), 102)
SECOND = Touch("b", "c1", 109, "review", frozenset({"neglect"}), None)


def test_the_same_complaint_after_an_answer_is_a_return() -> None:
    (back,) = returns(journeys([SECOND, FIRST]))
    assert (back.before, back.after, back.drivers, back.days) == (FIRST, SECOND, ("neglect",), 7)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (FIRST, replace(SECOND, drivers=frozenset({"incompetence"}))),
        (FIRST, replace(SECOND, customer="c2")),
        (replace(FIRST, answered=None), SECOND),
        (replace(FIRST, answered=110), SECOND),
        (FIRST, replace(SECOND, day=102 + LONGEST + 1)),
        (FIRST, replace(SECOND, day=100)),
        (replace(FIRST, answered=109, day=109), replace(SECOND, channel="email")),
    ],
    ids=["other driver", "other customer", "no answer", "answered later", "too late", "before", "one day and channel"],
)
def test_what_is_no_return(first: Touch, second: Touch) -> None:
    assert returns(journeys([first, second])) == []


def test_the_latest_answer_counts_and_the_last_day_still_does() -> None:
    middle = Touch("m", "c1", 104, "chat", frozenset({"neglect"}), 104)
    late = replace(SECOND, day=104 + LONGEST)
    found = returns(journeys([FIRST, middle, late]))
    assert [(r.before.key, r.after.key, r.days) for r in found] == [("a", "m", 2), ("m", "b", LONGEST)]


_touch = st.builds(
    Touch,
    key=st.uuids().map(str),
    customer=st.sampled_from(["c1", "c2", "c3"]),
    day=st.integers(1, 120),
    channel=st.sampled_from(["email", "call"]),
    drivers=st.frozensets(st.sampled_from(["neglect", "discourtesy"])),
    answered=st.none() | st.integers(1, 130),
)


@given(st.lists(_touch, max_size=25, unique_by=lambda t: t.key), st.randoms(use_true_random=False))
def test_returns_keep_their_promises_in_any_order(touches: list[Touch], random: object) -> None:
    walked = journeys(touches)
    found = returns(walked)
    shuffled = list(touches)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert returns(journeys(shuffled)) == found
    assert sorted(t.key for some in walked.values() for t in some) == sorted(t.key for t in touches)
    assert len({r.after.key for r in found}) == len(found)
    for r in found:
        assert r.before.customer == r.after.customer
        assert r.before.answered is not None and r.days == r.after.day - r.before.answered
        assert 0 <= r.days <= LONGEST
        assert set(r.drivers) == r.before.drivers & r.after.drivers != set()


def spoken(*turns: tuple[str, float | None, float | None]) -> Document:
    text = "word " * len(turns)
    made = tuple(Turn(role, 5 * i, 5 * i + 4, None, begins, ends) for i, (role, begins, ends) in enumerate(turns))
    return Document("call", text, "a.vtt", channel="call", turns=made)


def test_a_conversation_is_silent_from_a_customers_words_to_the_agents() -> None:
    call = spoken(
        ("agent", 0, 3), ("customer", 4, 10), ("agent", 12.5, 20), ("customer", 21, 22), ("customer", 23, 30),
        ("other", 31, 32), ("agent", 75, 80), ("agent", 200, 210),
    )  # fmt: skip
    wait = conversation(call)
    assert (wait.answered, wait.first, wait.longest) == (True, 2.5, 45)
    overlap = conversation(spoken(("customer", 4, 10), ("agent", 9, 20)))
    assert (overlap.first, overlap.longest) == (0, 0)
    untimed = conversation(spoken(("customer", None, None), ("agent", None, None)))
    assert (untimed.answered, untimed.first, untimed.longest) == (True, None, None)
    alone = conversation(spoken(("agent", 0, 3), ("customer", 4, 10)))
    assert (alone.answered, alone.first, alone.longest) == (False, None, None)


def mail(key: str, time: str | None, reply_time: str | None = None, *, reply: str | None = None) -> Document:
    answer = reply or ("Sent." if reply_time else None)
    return Document(
        key, "Where is it?", "m", channel="email", time=time, reply=answer, reply_time=reply_time, thread="t"
    )


def test_a_thread_waits_for_the_next_answer_whichever_message_it_answers() -> None:
    some = [
        mail("c", "2026-11-09T08:00:00+08:00", "2026-11-09T12:00:00+08:00"),
        mail("a", "2026-11-02T08:00:00", "2026-11-02T09:30:00"),
        mail("b", "2026-11-03T00:00:00+00:00"),
    ]
    wait = thread(some, SHANGHAI)
    assert (wait.channel, wait.answered, wait.first) == ("email", True, 5400)
    assert wait.longest == (6 * 24 + 4) * 3600, "the second message, written at 8 in Shanghai, waited for the third's"


def test_mere_days_count_whole_days_and_answers_before_the_question_count_not() -> None:
    wait = thread([mail("a", "2026-11-02", "2026-11-05T23:59:00")], UTC)
    assert wait.first == 3 * 86_400
    back = thread([mail("a", "2026-11-02T10:00:00", "2026-11-02T09:00:00")], UTC)
    assert (back.answered, back.first) == (True, None)
    undated = thread([mail("a", None, reply="Sent.")], UTC)
    assert (undated.answered, undated.first) == (True, None)


def test_a_channel_without_any_answer_is_left_out() -> None:
    letters = [replace(mail("l", "2026-11-02"), channel="letter", thread=None)]
    mails = [mail("a", "2026-11-02T10:00:00", "2026-11-02T11:00:00"), replace(mail("b", "2026-11-03"), thread="u")]
    found = waits([*letters, *mails, spoken(("customer", 0, 1))], UTC)
    assert sorted((w.channel, w.answered) for w in found) == [("call", False), ("email", False), ("email", True)]
