"""Cases of who leaves: who owns them, when they are one, whether a driver moved since an action."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests import report_inputs as fixed
from voc.casework import CLOSED, LOST, STATE, STATES, WON_BACK, Action, Case, CaseEvent
from voc.errors import ConfigError
from voc.loop import Leaving, moved, open_cases, owner_of, parse_routes
from voc.trends import alarms

DRIVERS = ("discourtesy", "incompetence", "unknowledgeable", "neglect")
RULES = ("driver=neglect channel=email: Support lead", "language=zh: Taipei desk", "driver=neglect: 客服主管: 夜班")


@pytest.mark.parametrize(
    ("drivers", "channel", "language", "owner"),
    [
        (("neglect",), "email", "zh-Hans", "Support lead"),
        (("discourtesy",), "email", "zh-Hant", "Taipei desk"),
        (("discourtesy",), "email", "zhx", "Care"),
        (("discourtesy", "neglect"), "call", "en", "客服主管: 夜班"),
        (("incompetence",), "call", "en", "Care"),
    ],
)
def test_the_first_rule_that_fits_names_the_owner(
    drivers: tuple[str, ...], channel: str, language: str, owner: str
) -> None:
    assert owner_of(parse_routes(RULES, DRIVERS), "Care", drivers, channel, language) == owner


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ("Support lead", "Support lead"),
        ("driver=neglect:", "driver=neglect"),
        (": Support lead", "Support lead"),
        ("driver=rudeness: A", "discourtesy"),
        ("channel=fax: A", "email"),
        ("week=3: A", "week=3"),
        ("driver=neglect driver=discourtesy: A", "driver=discourtesy"),
        ("driver: A", "'driver'"),
    ],
)
def test_a_rule_that_means_nothing_is_refused(rule: str, named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_routes([rule], DRIVERS)
    assert named in str(caught.value)


def leaving(key: str, customer: str | None = "ann", day: str = "2026-11-10", owner: str = "Care") -> Leaving:
    return Leaving(key * 8, customer, day, owner)


def test_a_customer_has_one_case_until_it_is_closed() -> None:
    first = open_cases([leaving("b2", day="2026-11-12"), leaving("a1")], [], {})
    assert [(c.id, c.keys, c.opened, c.owner, c.state) for c in first] == [
        ("ca1a1a1a1a1", ("a1" * 8, "b2" * 8), "2026-11-10", "Care", "open")
    ]
    (case,) = first
    who = dict.fromkeys(case.keys, "ann")
    assert open_cases([leaving("a1"), leaving("b2")], [case], who) == []
    (joined,) = open_cases([leaving("c3", owner="Else")], [case], who)
    assert (joined.id, joined.keys[-1], joined.owner) == (case.id, "c3" * 8, "Care")
    closed = Case(case.id, case.keys, case.opened, case.routed, (CaseEvent(case.id, "2026-11-13", STATE, WON_BACK),))
    (new,) = open_cases([leaving("c3", day="2026-11-20")], [closed], who)
    assert new.id == "cc3c3c3c3c3" and new.opened == "2026-11-20"


def test_who_is_not_known_has_a_case_by_each_document_and_order_does_not_matter() -> None:
    some = [leaving("a1", None), leaving("b2", None), leaving("c3"), leaving("d4", "bo"), leaving("e5", day="")]
    found = open_cases(some, [], {})
    assert sorted(len(c.keys) for c in found) == [1, 1, 1, 2]
    for seed in range(4):
        random.Random(seed).shuffle(some)
        assert open_cases(some, [], {}) == found


def test_ids_that_would_be_the_same_get_longer() -> None:
    one, two = Leaving("0123456789abcdef", None, "", ""), Leaving("0123456789ffffff", None, "", "")
    assert [c.id for c in open_cases([one, two], [], {})] == ["c0123456789", "c0123456789f"]


def test_a_case_stands_as_its_events_up_to_a_day_say() -> None:
    events = (
        CaseEvent("c1", "2026-11-11", "owner", "Night desk"),
        CaseEvent("c1", "2026-11-12", STATE, "contacted"),
        CaseEvent("c1", "2026-11-15", STATE, LOST),
    )
    case = Case("c1", ("k",), "2026-11-10", "Care", events)
    assert (case.state, case.owner, case.since) == (LOST, "Night desk", "2026-11-15")
    before = case.at("2026-11-14")
    assert (before.state, before.owner, before.since) == ("contacted", "Night desk", "2026-11-12")
    assert (case.at("2026-11-10").state, case.at("2026-11-10").owner) == ("open", "Care")
    assert case.at(None) == case and set(STATES) > CLOSED


def test_a_driver_moved_if_a_change_that_passed_began_after_the_action() -> None:
    rows = fixed.week_rows()
    found = alarms(rows, fixed.WEEK)

    def action(driver: str, added: str) -> Action:
        return Action(1, driver, "Care", None, "answer", added)

    before = moved(action("neglect", "2026-10-14"), rows, found)
    assert before.signal == "up" and before.before is not None and before.now is not None
    assert before.now > before.before
    assert moved(action("neglect", "2026-11-15"), rows, found).signal == "new"
    older = [replace(a, since="2026-W44") for a in found]
    assert moved(action("neglect", "2026-11-08"), rows, older).signal == "none", "the rise is older than the action"
    assert moved(action("discourtesy", "2026-10-14"), rows, found).signal == "none"
    early = moved(action("neglect", "2020-01-01"), rows, found)
    assert early.before is None
    untested = fixed.week_rows(last_partial=True)
    assert moved(action("neglect", "2026-10-14"), untested, []).signal is None
    assert moved(action("neglect", "2026-10-14"), [], []).now is None
