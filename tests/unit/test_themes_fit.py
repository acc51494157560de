from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from themes_planted import DIM, Planted, planted

from voc.errors import ConfigError
from voc.results import ThemeResult, ThemeUnit
from voc.taxonomy import default_taxonomy
from voc.themes import ThemeSettings, fit_themes

TAXONOMY = default_taxonomy()


def fit(units: list[ThemeUnit], **settings: object) -> ThemeResult:
    return fit_themes(units, taxonomy=TAXONOMY, settings=ThemeSettings(**settings))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def plant() -> Planted:
    return planted()


@pytest.fixture(scope="module")
def result(plant: Planted) -> ThemeResult:
    return fit(plant.units)


def test_planted_themes_are_found_across_languages(plant: Planted, result: ThemeResult) -> None:
    assert len(result.themes) == 4
    assert result.unassigned == 0
    for theme in result.themes:
        assert len({plant.topic[ref] for ref in theme.members}) == 1
        assert {ref[0].split("-", 1)[1].rsplit("-", 1)[0] for ref in theme.members} == {"en", "zh-Hans", "zh-Hant"}
        assert theme.documents == theme.customers == len(theme.members) == 24


def test_labels_name_the_theme_in_each_language(plant: Planted, result: ThemeResult) -> None:
    labels = {plant.topic[theme.members[0]]: theme.labels for theme in result.themes}
    assert "hotline" in labels["no_answer"]["en"] or "no reply" in labels["no_answer"]["en"]
    assert "没人接" in labels["no_answer"]["zh-Hans"]
    assert "沒人接" in labels["no_answer"]["zh-Hant"]
    assert "lost luggage" in labels["lost_luggage"]["en"]
    assert "行李" in labels["lost_luggage"]["zh-Hans"]
    assert "double charge" in labels["double_charge"]["en"]
    assert "重复扣款" in labels["double_charge"]["zh-Hans"]
    assert "重複扣款" in labels["double_charge"]["zh-Hant"]


def test_no_label_is_a_clause(result: ThemeResult) -> None:
    for theme in result.themes:
        english, chinese = theme.labels["en"].split(", "), theme.labels["zh-Hans"].split("、")
        assert 1 <= len(english) <= 3
        assert all(1 <= len(phrase.split()) <= 2 for phrase in english)
        assert 1 <= len(chinese) <= 3
        assert all(1 <= len(phrase) <= 6 for phrase in chinese)
        assert len(set(english)) == len(english)


def test_themes_and_members_are_in_a_fixed_order(result: ThemeResult) -> None:
    assert [t.documents for t in result.themes] == sorted((t.documents for t in result.themes), reverse=True)
    for theme in result.themes:
        assert list(theme.members) == sorted(theme.members)
        code = TAXONOMY.driver(theme.driver).code
        assert theme.id.startswith(f"{code}-")
        assert len(theme.id) == len(code) + 7
    assert len({t.id for t in result.themes}) == len(result.themes)


def test_quotes_are_members_of_different_documents(plant: Planted, result: ThemeResult) -> None:
    text = {u.ref: u.text for u in plant.units}
    for theme in result.themes:
        assert 1 <= len(theme.quotes) <= 5
        assert set(theme.quotes) <= set(theme.members)
        assert len({key for key, _ in theme.quotes}) == len(theme.quotes)
        assert len({text[ref] for ref in theme.quotes}) == len(theme.quotes)


def test_the_most_central_unit_is_the_first_quote() -> None:
    plant = planted(12, noise=0.5, languages=("en",))
    heart = np.mean([u.vector for u in plant.units if plant.topic[u.ref] == "lost_luggage"], axis=0)
    central = ThemeUnit("heart", 3, "incompetence", "complaint", "en", None, "Lost luggage, in a word.", heart)
    theme = next(t for t in fit([*plant.units, central]).themes if ("heart", 3) in t.members)
    assert theme.quotes[0] == ("heart", 3)


def test_the_order_of_units_does_not_matter(plant: Planted, result: ThemeResult) -> None:
    for seed in (1, 2):
        shuffled = list(plant.units)
        random.Random(seed).shuffle(shuffled)
        assert fit(shuffled) == result
    assert fit(plant.units) == result


def test_another_process_with_other_threads_and_hashes_finds_the_same(result: ThemeResult) -> None:
    program = (
        "import json, sys; from themes_planted import planted; from voc.taxonomy import default_taxonomy\n"
        "from voc.themes import fit_themes\n"
        "r = fit_themes(planted().units, taxonomy=default_taxonomy())\n"
        "heavy = [m for m in ('umap', 'numba', 'transformers', 'plotly') if m in sys.modules]\n"
        "print(json.dumps({'heavy': heavy, 'themes': [[t.id, dict(t.labels), t.members] for t in r.themes]}))\n"
    )
    here = Path(__file__).parent
    env = {**os.environ, "PYTHONPATH": f"{here}{os.pathsep}{here.parents[1]}", "PYTHONHASHSEED": "7"}
    env |= {"OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "3", "PYTHONWARNINGS": "error"}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["heavy"] == []
    assert found["themes"] == json.loads(json.dumps([[t.id, dict(t.labels), t.members] for t in result.themes]))


def test_units_that_are_like_nothing_else_stay_unassigned() -> None:
    plant = planted(24)
    found = fit([*plant.units, *plant.strays], min_documents=4)
    members = {ref for theme in found.themes for ref in theme.members}
    assert found.units == len(plant.units) + 3
    assert found.unassigned == found.units - len(members)
    assert sum(u.ref not in members for u in plant.strays) >= 2
    assert {u.ref for u in plant.units} <= members


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_window_with_hardly_any_units_has_no_theme(plant: Planted, count: int) -> None:
    assert fit(plant.units[:count]) == ThemeResult((), count, count)


def test_a_theme_never_holds_two_sides(plant: Planted) -> None:
    praised = [replace(u, key=f"{u.key}-praise", side="praise") for u in plant.units]
    found = fit([*plant.units, *praised])
    assert len(found.themes) == 8
    assert Counter(t.side for t in found.themes) == {"complaint": 4, "praise": 4}
    for theme in found.themes:
        assert {key.endswith("-praise") for key, _ in theme.members} == {theme.side == "praise"}
    assert len({t.id for t in found.themes}) == 8


def test_a_theme_is_of_the_driver_that_most_of_it_shows(plant: Planted) -> None:
    mixed = [replace(u, driver="other") if i % 3 == 0 else u for i, u in enumerate(plant.units)]
    for theme in fit(mixed).themes:
        assert theme.driver == max(theme.drivers, key=lambda d: theme.drivers[d]) != "other"
        assert sum(theme.drivers.values()) == theme.documents
    without = [replace(u, driver="other") for u in plant.units]
    found = fit(without)
    assert {t.driver for t in found.themes} == {"other"}
    assert all(t.id.startswith("O-") for t in found.themes)


def test_praise_about_the_same_matter_is_the_counter_example(plant: Planted) -> None:
    praised = replace(plant.units[0], key="praise", side="praise", text="The hotline is great. It was late, though.")
    theme = next(t for t in fit([*plant.units, praised]).themes if plant.units[0].ref in t.members)
    assert theme.counter == ("praise", 0)
    assert all(t.counter is None for t in fit(plant.units).themes)


def test_praise_of_another_matter_or_with_a_complaint_is_no_counter_example(plant: Planted) -> None:
    """However alike: it has to name what the theme is about, and complain of nothing."""
    luggage = next(u for u in plant.units if plant.topic[u.ref] == "lost_luggage" and u.language == "en")
    praise = [
        replace(luggage, key=f"praise-{n}", side="praise", text=text, vector=luggage.vector * np.float32(1 - n / 8))
        for n, text in enumerate(("The waiter sang for us.", "Lost luggage again, terrible and useless!"))
    ]
    chinese = next(u for u in plant.units if plant.topic[u.ref] == "lost_luggage" and u.language == "zh-Hant")
    named = replace(chinese, key="named", side="praise", text="行李很快就送到了，謝謝")
    theme = next(t for t in fit([*plant.units, *praise]).themes if luggage.ref in t.members)
    assert theme.counter is None
    theme = next(t for t in fit([*plant.units, *praise, named]).themes if luggage.ref in t.members)
    assert theme.counter == ("named", 0)


def test_each_theme_knows_the_one_most_like_it(result: ThemeResult) -> None:
    for theme in result.themes:
        assert theme.nearest is not None
        other, likeness = theme.nearest
        assert other in {t.id for t in result.themes} - {theme.id}
        assert -1 <= likeness < 1


def test_the_same_text_of_one_customer_counts_once(plant: Planted, result: ThemeResult) -> None:
    first = plant.units[0]
    again = [replace(first, key=f"z{i}", text=f"  {first.text.upper()} ") for i in range(50)]
    assert fit([*plant.units, *again]) == result
    others = [replace(unit, customer=None) for unit in again]
    assert fit([*plant.units, *others]).units == result.units + 50


def test_hundreds_of_identical_complaints_are_one_theme() -> None:
    vector = np.ones(DIM, dtype=np.float32)
    same = [ThemeUnit(f"k{i:03d}", 0, "neglect", "complaint", "en", None, "No reply.", vector) for i in range(300)]
    found = fit(same)
    assert [(t.documents, t.labels["en"]) for t in found.themes] == [(300, "no reply")]
    assert found.unassigned == 0
    assert len(found.themes[0].quotes) == 1


def test_chinese_alone_works_and_lends_english_its_words() -> None:
    plant = planted(languages=("zh-Hant",))
    labels = {plant.topic[t.members[0]]: t.labels for t in fit(plant.units).themes}
    assert set(labels) == set(plant.topic.values())
    assert "double charge" in labels["double_charge"]["en"]
    assert "重複扣款" in labels["double_charge"]["zh-Hant"]


def test_english_alone_lends_chinese_its_words() -> None:
    plant = planted(languages=("en",))
    labels = {plant.topic[t.members[0]]: t.labels for t in fit(plant.units).themes}
    assert "重复扣款" in labels["double_charge"]["zh-Hans"]
    assert "重複扣款" in labels["double_charge"]["zh-Hant"]


def test_a_language_with_one_voice_in_ten_borrows_its_label() -> None:
    plant = planted(12, languages=("en",))
    voices = [
        replace(u, key=f"zh-{u.key}-{n}", language="zh-Hans", text=f"楼梯上的花瓶和月亮第{n}次")
        for n in range(2)
        for u in plant.units[::12]
    ]
    for theme in fit([*plant.units, *voices]).themes:
        assert "花瓶" not in theme.labels["zh-Hans"]
    assert len(fit([*plant.units, *voices]).themes) == 4


@given(st.integers(0, 26), st.integers(0, 10_000), st.integers(2, 5))
@hypothesis_settings(max_examples=20, deadline=None)
def test_every_unit_is_in_one_theme_or_unassigned(n: int, seed: int, least: int) -> None:
    rng = np.random.default_rng(seed)
    drivers, languages = ("neglect", "incompetence"), ("en", "zh-Hans", "zh-Hant", "fr", "und")
    texts = ("No reply to my emails.", "客服电话没人接", "退款一直不處理", "???", "Personne ne répond.")
    units = [
        ThemeUnit(
            f"k{rng.integers(0, 20)}", i, drivers[rng.integers(0, 2)], "complaint", languages[rng.integers(0, 5)], None,
            f"{texts[rng.integers(0, 5)]} {i}", rng.normal(size=8).astype(np.float32),
        )
        for i in range(n)
    ]  # fmt: skip
    found = fit(units, min_documents=least)
    members = [ref for theme in found.themes for ref in theme.members]
    assert len(members) == len(set(members))
    assert found.units == n
    assert found.unassigned == n - len(members)
    driver = {u.ref: u.driver for u in units}
    for theme in found.themes:
        assert theme.documents == len({key for key, _ in theme.members}) >= least
        assert theme.driver in {driver[ref] for ref in theme.members}
        assert all(theme.labels[tag] for tag in ("en", "zh-Hans", "zh-Hant"))


def test_a_theme_without_shared_words_is_called_after_its_driver(plant: Planted) -> None:
    silent = [replace(u, text="!!!" if i % 2 else "???") for i, u in enumerate(plant.units)]
    for theme in fit(silent).themes:
        assert dict(theme.labels) == dict(TAXONOMY.driver(theme.driver).name)


def test_the_quote_says_what_the_label_says(plant: Planted) -> None:
    luggage = next(u for u in plant.units if u.key.startswith("lost_luggage-en"))
    # Central, but in other words: more of them than of any other text.
    other = "They cannot find it anywhere at the pier."
    bags = [replace(luggage, key=f"bag-{n}", customer=None, text=other) for n in range(3)]
    theme = next(t for t in fit([*plant.units, *bags]).themes if luggage.ref in t.members)
    text = {u.ref: u.text for u in (*plant.units, *bags)}
    assert "luggage" in theme.labels["en"]
    for quote in theme.quotes[:2]:
        assert "luggage" in text[quote].lower() or "行李" in text[quote]


def test_at_most_so_many_themes_are_shown(plant: Planted) -> None:
    for most in (1, 2, 3):
        found = fit(plant.units, max_themes=most)
        assert len(found.themes) == most
        assert found.unassigned == found.units - sum(len(t.members) for t in found.themes)


def test_customers_are_counted_and_none_where_unknown(plant: Planted) -> None:
    few = [replace(u, customer=f"c{i % 5}", text=f"{u.text} {i}") for i, u in enumerate(plant.units)]
    assert {t.customers for t in fit(few).themes} == {5}
    unknown = [replace(u, customer=None) for u in plant.units]
    assert {t.customers for t in fit(unknown).themes} == {None}


def test_one_customer_is_no_theme_however_many_documents(plant: Planted) -> None:
    one = [replace(u, customer="the same", text=f"{u.text} {i}") for i, u in enumerate(plant.units)]
    assert fit(one).themes == ()


def test_one_document_is_not_a_theme_however_much_it_says(plant: Planted) -> None:
    talker = [
        replace(plant.units[0], key="talker", segment=i, driver="discourtesy", text=f"part {i}") for i in range(40)
    ]
    found = fit([*plant.units, *talker])
    assert "discourtesy" not in {t.driver for t in found.themes}


def test_a_segment_in_which_the_encoder_saw_nothing_is_unassigned(plant: Planted, result: ThemeResult) -> None:
    blank = [replace(u, key=f"blank-{u.key}", vector=np.zeros(DIM, dtype=np.float32)) for u in plant.units[:9]]
    found = fit([*plant.units, *blank])
    assert found.themes == result.themes
    assert (found.units, found.unassigned) == (result.units + 9, 9)


def test_what_cannot_be_clustered_is_refused(plant: Planted) -> None:
    with pytest.raises(ValueError, match="length"):
        fit([*plant.units, replace(plant.strays[0], vector=np.ones(3, dtype=np.float32))])
    with pytest.raises(ValueError, match="finite"):
        fit([*plant.units, replace(plant.strays[0], vector=np.full(DIM, np.nan, dtype=np.float32))])
    with pytest.raises(ConfigError, match="weather"):
        fit([replace(u, driver="weather") for u in plant.units])


@pytest.mark.parametrize("wrong", [{"min_documents": 1}, {"max_themes": 0}])
def test_settings_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        ThemeSettings(**wrong)
