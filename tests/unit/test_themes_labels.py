"""Labels: noun phrases that enough of a theme says, in both languages, and none twice, without anybody's name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pytest

from voc.themes.distinct import Sayings, distinct, repeats
from voc.themes.engine import weigh
from voc.themes.labels import Labeller, UnitTerms
from voc.themes.tokens import ENGLISH, group_of, nounlike, proper_names, terms

NAME = {"en": "Neglect", "zh-Hans": "忽视", "zh-Hant": "忽視"}
HAN = re.compile(r"[\u3400-\u9fff]")


def labels_of(*themes: Sequence[str], language: str = "en", driver: Iterable[str] = ()) -> list[Mapping[str, str]]:
    """Labels of ``themes``, each the texts of one, all of different customers; the first text is the most central."""
    texts = [text for theme in themes for text in theme]
    topics = [number for number, theme in enumerate(themes) for _ in theme]
    units = [UnitTerms(group_of(language), tuple(terms(text, language))) for text in texts]
    weights = weigh([u.counted() for u in units], np.array(topics, dtype=np.int64))
    english = texts if group_of(language) == ENGLISH else []
    labeller = Labeller(
        weights, units, [str(n) for n in range(len(texts))], "", nounlike(english), proper_names(english)
    )
    rows = {n: [at for at, topic in enumerate(topics) if topic == n] for n in range(len(themes))}
    labeller.compare(rows)
    return list(distinct({str(n): labeller.sayings(n, at, NAME, driver) for n, at in rows.items()}).values())


PIER = ["The pier was locked.", "Nobody opened the pier.", "We waited at the pier.", "At the pier: no light."]
CABIN = ["The cabin was cold.", "No blanket in the cabin.", "My cabin had no blanket.", "A cabin, and no blanket."]


def test_a_company_that_nobody_named_stands_in_no_label() -> None:
    pier = [f"With Nordferry again: {text} So much for Nordferry." for text in PIER]
    first, second = labels_of(pier, CABIN)
    assert "nordferry" not in first["en"].lower()
    assert "pier" in first["en"]
    assert "cabin" in second["en"] or "blanket" in second["en"]


def test_names_are_told_by_the_capital_inside_a_sentence() -> None:
    texts = ["I met Mirela at the desk.", "Then came Mirela.", "The WiFi and the TV failed.", "Pier? Pier!"]
    assert proper_names(texts) == {"mirela"}
    assert proper_names(["ALL ABOUT THE PIER", "Late Pier Never Again Late Pier"]) == frozenset()
    assert proper_names(["my pier, a Pier", "the pier and the Pier", "no pier"]) == frozenset()
    assert proper_names(["my Refund", "the Refund"]) == frozenset()


def test_what_mostly_stands_behind_a_name_is_a_part_of_it() -> None:
    texts = ["with Mirela rides again", "dear Mirela rides", "so Mirela rides on", "no Mirela at the pier", "the pier"]
    assert proper_names(texts) == {"mirela", "ride"}
    assert proper_names([*texts, "two rides", "a ride", "long rides", "my ride"]) == {"mirela"}


def test_a_word_is_told_in_the_phrase_that_it_mostly_stands_in() -> None:
    """But where the phrase would say again what stands there already, the word stays."""
    first, _ = labels_of([f"The pier lamp was dark, {n}." for n in range(6)] + ["A pier, by the sea."], CABIN)
    assert first["en"].split(", ")[0] == "pier lamp"
    first, _ = labels_of(["The pier lamp was dark."] + [f"At pier {n} nobody came." for n in range(9)], CABIN)
    assert first["en"].split(", ")[0] == "pier"


@pytest.mark.parametrize(("word", "noun"), [("boat", True), ("dismal", False), ("dealt", False)])
def test_words_show_by_their_place_whether_they_are_nouns(word: str, noun: bool) -> None:
    found = nounlike(
        ["The boat, again.", "A dismal boat.", "It was dismal.", "Truly dismal!", "I have dealt with the boat."]
    )
    assert (found.get(word, 0) > 0) is noun


def test_an_adjective_or_a_verb_alone_is_no_label() -> None:
    grim = ["It was dismal.", "So dismal!", "They were dismal.", "I have dealt with it, dismal."]
    first, _ = labels_of(grim, CABIN)
    assert first == NAME


def test_a_word_that_few_of_a_theme_say_stands_in_no_label() -> None:
    pier = [f"{text} Part {'of the violin' if at < 2 else 'two'}." for at, text in enumerate(PIER * 15)]
    first, _ = labels_of(pier, CABIN)
    assert "pier" in first["en"]
    assert "violin" not in first["en"]


def test_a_word_of_every_theme_stands_in_no_label() -> None:
    first, second = labels_of([f"The boat. {t}" for t in PIER], [f"The boat. {t}" for t in CABIN])
    assert "boat" not in first["en"] + second["en"]


def test_what_two_themes_share_leads_only_where_it_is_said_more() -> None:
    both = ["The mechanic at the boiler.", "The mechanic saw the boiler.", "A mechanic for the boiler."]
    half = ["The mechanic at the lock.", "My lock again.", "The lock, and a mechanic.", "No key for the lock."]
    first, second, _ = labels_of(both * 2, half * 2, CABIN)
    assert first["en"] != second["en"]
    assert "lock" in second["en"].split(", ")
    assert not second["en"].startswith("mechanic")


def test_a_label_of_unknown_words_is_the_drivers_name_with_them_in_brackets() -> None:
    (english, _) = labels_of(["The zither.", "My zither broke.", "A zither, lost."], CABIN)
    assert english["en"] == "zither"
    assert english["zh-Hans"] == "忽视（zither）"
    assert english["zh-Hant"] == "忽視（zither）"
    chinese, _ = labels_of(["骆驼坏了", "两只骆驼", "骆驼呢"], ["乌云来了", "乌云", "又是乌云"], language="zh-Hans")
    assert chinese["zh-Hans"] == "骆驼"
    assert chinese["en"] == "Neglect (骆驼)"


@pytest.mark.parametrize(
    ("texts", "chinese"),
    [
        (["No parking space.", "The parking space was taken.", "My parking space!"], "停车位"),
        (["The cancellation fee.", "A cancellation fee.", "Why a cancellation fee?"], "取消费"),
        (["The parcel broke.", "My parcel got lost.", "Where is the parcel?"], "包裹"),
        (["The package of films.", "My package has no films.", "A package with films."], "套餐"),
        (["A home visit.", "No home visit.", "The home visit was late."], "上门"),
    ],
)
def test_english_labels_have_their_chinese(texts: list[str], chinese: str) -> None:
    found = labels_of(texts, CABIN)[0]
    assert chinese in found["zh-Hans"]
    assert not HAN.search(found["en"])


@pytest.mark.parametrize(
    ("texts", "simplified", "english"),
    [
        (["停車位太少", "沒有停車位", "找不到停車位"], "停车位", "parking space"),
        (["骨科等很久", "骨科沒人", "去了骨科"], "骨科", "orthopaedics"),
        (["護理師態度差", "護理師態度很差", "這位護理師態度"], "护理师", "nurse"),
        (["电梯坏了", "没有电梯", "两部电梯"], "电梯", "lift"),
    ],
)
def test_chinese_labels_have_their_english(texts: list[str], simplified: str, english: str) -> None:
    found = labels_of(texts, ["乌云来了", "乌云", "又是乌云"], language="zh-Hant")[0]
    assert simplified in found["zh-Hans"]
    assert english in found["en"]


def test_a_short_name_that_both_languages_know_leads() -> None:
    texts = ["They have an eSIM.", "My eSIM died.", "The zither and an eSIM.", "A zither, no eSIM.", "My eSIM!"]
    found = labels_of(texts, CABIN)[0]
    assert found["en"].startswith("esim")
    assert found["zh-Hans"].startswith("esim")


def test_feelings_and_shrugs_are_no_chinese_label() -> None:
    sighs = ["沒辦法，不開心", "真的沒辦法", "不開心，不知道", "不知道，沒辦法，不開心"]
    found = labels_of(sighs, ["乌云来了", "乌云", "又是乌云"], language="zh-Hant")[0]
    assert found == NAME


def test_a_verb_is_shown_as_the_noun_of_customer_service() -> None:
    found = labels_of(["They delayed us.", "Delayed again.", "We were delayed."], CABIN)[0]
    assert found["en"] == "delay"
    assert found["zh-Hans"] == "延误"


def sayings(*phrases: str, words: Sequence[str] = (), rest: Sequence[str] = (), own: str = "") -> Sayings:
    both = {"en": phrases, "zh-Hans": phrases}
    return Sayings(
        both,
        {"en": words, "zh-Hans": words},
        {"en": rest, "zh-Hans": rest},
        NAME,
        {"en": own, "zh-Hans": own} if own else {},
    )


def english_of(*themes: Sayings) -> list[str]:
    found = list(distinct({str(n): said for n, said in enumerate(themes)}).values())
    for tag in ("en", "zh-Hans", "zh-Hant"):
        assert len({label[tag] for label in found}) == len(themes)
    return [label["en"] for label in found]


def test_a_second_theme_of_the_same_words_takes_the_next_word() -> None:
    first, second = english_of(sayings("a", "b", "c", "d"), sayings("b", "c", "a", "d"))
    assert (first, second) == ("a, b, c", "b, c, d")


def test_a_theme_without_a_next_word_is_told_apart_by_its_sub_driver() -> None:
    assert english_of(sayings("pier"), sayings("pier")) == ["pier", "Neglect (pier)"]


def test_the_name_alone_stands_once() -> None:
    assert english_of(sayings(), sayings(rest=["dismal"]), sayings()) == ["Neglect", "Neglect (dismal)", "Neglect (2)"]
    assert english_of(sayings(words=["zither"]), sayings(words=["zither"])) == ["Neglect (zither)", "Neglect (2)"]


def test_a_name_given_by_hand_stays_and_is_nobody_elses() -> None:
    first, second = english_of(sayings("pier", "boat"), sayings("cabin", own="Pier, boat"))
    assert (first, second) == ("Neglect (pier, boat)", "Pier, boat")


@pytest.mark.parametrize("own", [{}, {"zh-Hans": "服务品质", "zh-Hant": "服務品質"}])
def test_words_that_are_one_in_traditional_script_are_no_two_labels(own: Mapping[str, str]) -> None:
    first, second = (
        Sayings({"en": [en], "zh-Hans": [zh]}, {"en": [], "zh-Hans": []}, {"en": [], "zh-Hans": []}, NAME, by_hand)
        for en, zh, by_hand in (("pier", "服务质量", {}), ("boat", "服务品质", own))
    )
    found = distinct({"a": first, "b": second})
    assert found["a"]["zh-Hant"] != found["b"]["zh-Hant"]
    assert dict(own).items() <= found["b"].items()


@pytest.mark.parametrize(
    ("phrase", "name", "again"),
    [
        ("neglect", "Neglect", True),
        ("incompetent staff", "Incompetence", True),
        ("staff", "Unknowledgeable staff", True),
        ("staff room", "Unknowledgeable staff", False),
        ("discount", "Discourtesy", False),
        ("income", "Incompetence", False),
        ("courier", "Courtesy", False),
        ("礼仪", "缺乏礼仪", True),
        ("被忽视", "忽视", True),
        ("退款", "忽视", False),
    ],
)
def test_a_word_of_the_drivers_own_name_is_known(phrase: str, name: str, again: bool) -> None:
    assert repeats(phrase, ["Elsewhere", name]) is again


def test_a_label_does_not_repeat_its_driver() -> None:
    pier = [f"{text} What neglect!" for text in PIER]
    assert "neglect" in labels_of(pier, CABIN)[0]["en"]
    first = labels_of(pier, CABIN, driver=NAME.values())[0]
    assert "neglect" not in first["en"]
    assert "忽视" not in first["zh-Hans"]
    assert "pier" in first["en"]


def test_what_says_the_drivers_name_in_translation_is_the_name_alone() -> None:
    texts = ["They are polite.", "Polite people.", "A polite crew."]
    found = labels_of(texts, CABIN, driver=["Courtesy", "礼貌待客"])[0]
    assert found == {"en": "polite", "zh-Hans": "忽视", "zh-Hant": "忽視"}
