"""N-gram features: stable hashes, folding, what counts as a feature."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voc.classify.lexical import features, fold

TABLE = {ord("態"): ord("态"), ord("惡"): ord("恶")}


def test_hashes_are_pinned() -> None:
    """A trained table is useless under other hashes, so these must never change."""
    assert features("态度", {}).tolist() == [1067887344, 4266472571, 1484135083]
    assert features("no", {}).tolist() == [1866213101, 1313741677, 3103404163, 1731538838]


def test_fold_joins_widths_cases_digits_and_scripts() -> None:
    assert fold("ＲＵＤＥ Staff’s 2024 態度惡劣", TABLE) == "rude staff's 0000 态度恶劣"


def test_both_scripts_have_equal_features() -> None:
    assert features("態度惡劣", TABLE).tolist() == features("态度恶劣", TABLE).tolist()
    assert features("態度惡劣", {}).tolist() != features("态度恶劣", {}).tolist()


def test_chinese_runs_are_longer_than_word_runs() -> None:
    han = features("再也不来", {})
    words = features("one two six ten", {})
    pieces = 4 * 3 + 4 * 2 + 4  # lengths 3, 4 and 5 inside ` one ` and the others
    assert len(han) == 4 + 3 + 2 + 1
    assert len(words) == 4 + 3 + 2 + pieces


def test_no_piece_crosses_a_border() -> None:
    apart = set(features("kindly", {}).tolist()) | set(features("staff", {}).tolist())
    together = set(features("kindly staff", {}).tolist())
    assert apart < together
    assert len(together - apart) == 1  # only the pair of words is new


def test_nothing_to_read_gives_no_features() -> None:
    for text in ("", " \n", "👍", "——", "\ud800"):
        assert features(text, TABLE).dtype == np.uint32
        assert len(features(text, TABLE)) == 0


@given(st.text(max_size=80))
def test_any_text_has_features_that_follow_from_it_alone(text: str) -> None:
    once, again = features(text, TABLE), features(text, TABLE)
    assert once.dtype == np.uint32
    assert once.tolist() == again.tolist()
