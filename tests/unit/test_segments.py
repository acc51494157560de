"""Segments: what belongs to one, how its folder is called, and that small ones are not told."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.errors import UsageError
from voc.pipeline.parts import told_of_a_part
from voc.pipeline.segments import LEAST, belongs, check_known, folder_part, suffix
from voc.pipeline.spans import month_of, range_of


def document(
    channel: str = "call", product: str = "ferry", language: str = "zh-Hans", region: str = "HK"
) -> SimpleNamespace:
    return SimpleNamespace(channel=channel, product=product, language=language, region=region)


def test_a_document_belongs_where_it_has_all_values() -> None:
    assert belongs(document(), ())
    assert belongs(document(), (("channel", "call"), ("product", "ferry"), ("region", "HK")))
    assert not belongs(document(), (("channel", "call"), ("product", "freight")))
    assert belongs(document(), (("language", "zh"),)) and not belongs(document(language="zhx"), (("language", "zh"),))
    assert not belongs(document(channel="call-back"), (("channel", "call"),))


def test_what_is_not_there_is_named_with_what_is() -> None:
    rows = [document(), document("chat", "freight"), document("chat", "freight")]
    check_known((("channel", "call"),), rows)
    with pytest.raises(UsageError, match="no document has channel=fax") as caught:
        check_known((("channel", "fax"),), rows)
    assert caught.value.hint == "Known: chat, call."
    with pytest.raises(UsageError, match="channel=call and product=freight together"):
        check_known((("channel", "call"), ("product", "freight")), rows)
    with pytest.raises(UsageError) as caught:
        check_known((("region", "HK"),), [document(region="")])
    assert caught.value.hint == "No document names a region."


values = st.text(min_size=1, max_size=60)


@given(values, values)
def test_folders_are_safe_and_apart(one: str, two: str) -> None:
    first, second = folder_part((("product", one),)), folder_part((("product", two),))
    assert (first == second) == (one == two)
    assert (not set(first) & set('/\\:*?"<>|\0\n ') and ".." not in first.strip("-")) or first.count("/") == 0
    assert 0 < len(first) <= 64


def test_scopes_of_segments_are_apart_from_the_week() -> None:
    assert suffix(()) == folder_part(()) == ""
    assert suffix((("channel", "call"), ("language", "zh"))) == " [channel=call & language=zh]"
    assert folder_part((("channel", "call"),)) == "-channel-call"


def test_small_counts_of_a_part_are_taken_out() -> None:
    counts = Counter({"en": LEAST, "zh-Hans": LEAST - 1, "zh-Hant": 90})
    told_of_a_part(counts)
    assert counts == {"en": LEAST, "zh-Hant": 90}


def test_ranges_and_months_are_days() -> None:
    assert (range_of("2026-W53").first, range_of("2026-W53").last) == ("2026-12-28", "2027-01-03")
    assert range_of("2026-W40..2026-W43").name == "2026-W40..2026-W43"
    assert range_of("2026-W40..2026-W40").name == "2026-W40"
    assert (month_of("2028-02").first, month_of("2028-02").last) == ("2028-02-01", "2028-02-29")
    for bad in ("2026-W40..", "..2026-W40", "2026-W41..2026-W40", "2026-10"):
        with pytest.raises(ValueError, match="W"):
            range_of(bad)
    for bad in ("2026-13", "2026", "2026-1", "x"):
        with pytest.raises(ValueError, match=r"\S"):
            month_of(bad)
