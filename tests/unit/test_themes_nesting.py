"""Driver, sub-driver, theme: given at birth by what the documents say, changed by hand only, dated and undone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from voc.errors import UsageError
from voc.results import ThemeUnit
from voc.taxonomy import default_taxonomy
from voc.themes.lineage import Registry
from voc.themes.nesting import known_sub_driver, sub_driver, sub_drivers

TAXONOMY = default_taxonomy()


def units(driver: str, *texts: str, side: str = "complaint") -> list[ThemeUnit]:
    vector = np.ones(3, dtype=np.float32)
    return [ThemeUnit(f"k{n}", 0, driver, side, "und", None, text, vector) for n, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("driver", "texts", "expected"),
    [
        ("incompetence", ("The parcel came two days late.", "Delayed again!", "The lamp is blue."), "late"),
        ("incompetence", ("快递晚到三天", "快遞延誤", "I like tea."), "late"),
        ("neglect", ("Nobody answered: no reply at all.", "打了五次電話都沒人接", "没人接电话"), "unanswered"),
        ("discourtesy", ("She was rude to my mother.", "態度惡劣", "Thank you."), "rude"),
        ("other", ("Far too expensive.", "太貴了", "价格离谱"), "price"),
        ("neglect", ("A", "B", "Nobody answered: no reply at all."), ""),
        ("incompetence", (), ""),
    ],
)
def test_what_most_documents_say_names_the_sub_driver(driver: str, texts: tuple[str, ...], expected: str) -> None:
    assert sub_driver(units(driver, *texts), driver, TAXONOMY) == expected


def test_what_all_of_a_driver_say_or_few_of_a_theme_names_no_sub_driver() -> None:
    def said(text: str, keys: str, segments: int = 1, side: str = "complaint") -> list[ThemeUnit]:
        vector = np.ones(3, dtype=np.float32)
        return [
            ThemeUnit(key, n, "incompetence", side, "en", None, text.format(n), vector)
            for key in keys
            for n in range(segments)
        ]

    late = said("The parcel came late.", "abcd")
    praise = said("Never late!", "mnopqrstuvwxyz", side="praise")
    assert sub_driver(late, "incompetence", TAXONOMY, [*late, *said("Broken.", "efgh"), *praise]) == "late"
    assert sub_driver(late, "incompetence", TAXONOMY, [*late, *said("Late!", "efghijkl")]) == ""
    wordy = [*said("Item {}.", "ab", segments=20), *(replace(u, segment=20) for u in late[:2])]
    assert sub_driver(wordy, "incompetence", TAXONOMY) == ""  # two documents say it in passing
    assert sub_driver([*wordy, *late[2:]], "incompetence", TAXONOMY) == "late"


def test_a_document_counts_once_and_praise_is_not_nested() -> None:
    one = [ThemeUnit("k", n, "incompetence", "complaint", "en", None, "late", np.ones(3, np.float32)) for n in range(9)]
    assert sub_driver(one, "incompetence", TAXONOMY) == ""
    assert sub_driver(units("incompetence", "late", "late", side="praise"), "incompetence", TAXONOMY) == ""


def test_every_sub_driver_has_a_name_in_three_languages_and_can_be_found() -> None:
    for driver in ("discourtesy", "incompetence", "unknowledgeable", "neglect", "other"):
        names = sub_drivers(driver, TAXONOMY)
        assert names
        for key, by_language in names.items():
            assert set(by_language) == {"en", "zh-Hans", "zh-Hant"}
            assert known_sub_driver(driver, key, TAXONOMY) == key


def test_a_nesting_by_hand_is_undone_and_a_split_theme_keeps_its_place() -> None:
    found = Registry()
    found.bear("2026-11-01", "I-1", "incompetence", "complaint", [("a", 0), ("b", 0)], "late")
    assert found.sub_driver("I-1") == "late"
    event = found.nest("2026-11-02", "I-1", "error")
    found.split("2026-11-03", "I-1", "I-2", [("b", 0)])
    assert (found.sub_driver("I-1"), found.sub_driver("I-2")) == ("error", "error")
    with pytest.raises(UsageError):
        found.undo("2026-11-04", event.number)  # the split came after it
    found.undo("2026-11-04", 3)
    found.undo("2026-11-05", event.number)
    assert found.sub_driver("I-1") == "late"
    assert found.themes["I-1"].state == "active"


def test_a_sub_driver_of_another_driver_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"no sub-driver 'price'") as error:
        known_sub_driver("neglect", "price", TAXONOMY)
    assert "unanswered" in str(error.value)
    assert known_sub_driver("neglect", "-", TAXONOMY) == ""
