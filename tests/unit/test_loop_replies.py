"""Hollow replies: stock passages across problems, answers that name nothing, and what must not be taken for them."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.documents import Document, Turn
from voc.loop import Answer, answer_of, hollow
from voc.loop.replies import in_common
from voc.loop.terms import columns, substance, terms

STOCK = (
    "Dear {name},\n\nYour remarks have been recorded under {ref} and passed on to the department concerned, which will "
    "look into them with care. We value your patience."
)
STOCK_ZH = (
    "{name}您好：\n您反映的情况我们已经记录，编号 {ref}，并转交有关部门跟进处理，结果将另行通知，感谢理解与支持。"
)
STOCK_HANT = (
    "{name}您好：\n您反映的情況我們已經登記，編號 {ref}，並轉交相關單位跟進處理，結果將另行通知，感謝體諒與支持。"
)
PROBLEMS = (
    ("The kettle arrived with a cracked lid and no plug.", "incompetence"),
    ("Your porter shouted at my grandmother in the lobby.", "discourtesy"),
    ("Nobody picked up the telephone during four evenings.", "neglect"),
    ("The adviser could not explain the pension table.", "unknowledgeable"),
)
NAMES = ("Ann Reed", "Bao Okafor", "Cleo Marsh", "Dev Patel")
ZH = ("水壶到货时盖子裂开，插头也不见了。", "门童在大堂对我外婆大喊大叫。", "连续四个晚上热线都打不通。")


def answer(key: str, asked: str, *said: str, driver: str = "") -> Answer:
    document = Document(key, asked, "a.csv", channel="email", reply="\n".join(said), customer=f"{key}@example.org")
    found = answer_of(document, [driver] if driver else [])
    assert found is not None
    return replace(found, key=key)


def stock(template: str, asked: tuple[tuple[str, str], ...]) -> list[Answer]:
    return [
        answer(f"k{i}", text, template.format(name=NAMES[i], ref=f"HL-{20417 + 77 * i}"), driver=driver)
        for i, (text, driver) in enumerate(asked)
    ]


@pytest.mark.parametrize("template", [STOCK, STOCK_ZH, STOCK_HANT], ids=["en", "hans", "hant"])
def test_one_text_for_different_problems_is_stock_and_its_example_names_nobody(template: str) -> None:
    asked = PROBLEMS if template is STOCK else tuple((text, PROBLEMS[i][1]) for i, text in enumerate(ZH))
    own = answer(
        "own", "The lid of my teapot broke.", "A new lid for the teapot leaves our store in Ely on Friday, free."
    )
    found = hollow([*stock(template, asked), own])
    assert found.stock == {f"k{i}" for i in range(len(asked))}
    assert found.empty == found.stock
    assert found.answers - found.stock - found.empty == {"own"}
    (family,) = found.families
    assert family.keys == tuple(f"k{i}" for i in range(len(asked)))
    assert not any(part in family.text for name in NAMES for part in name.split())
    assert "20417" not in family.text and "…" in family.text


def test_two_alike_are_no_stock_and_neither_is_one_answer_to_one_problem() -> None:
    assert not hollow(stock(STOCK, PROBLEMS[:2])).families
    outage = tuple((f"{start} the mast at Thornby has been dead since noon.", "incompetence") for start in
                   ("Hello,", "It seems", "Hm,", "Again"))  # fmt: skip
    said = "Dear {name},\nThe mast at Thornby was struck by lightning. Two crews work on it; it is up by {ref} tonight."
    found = hollow(stock(said, outage))
    assert not found.stock and not found.empty
    assert hollow(stock(said, PROBLEMS)).stock, "the same words to other problems are stock"


def test_the_order_of_answers_does_not_matter() -> None:
    answers = [
        *stock(STOCK, PROBLEMS),
        answer("own", "The lid broke.", "The lid is being replaced, by our store in Ely, free."),
    ]
    first = hollow(answers)
    for seed in range(5):
        random.Random(seed).shuffle(answers)
        assert hollow(answers) == first


def test_greetings_questions_and_farewells_are_no_answers() -> None:
    lines = (
        "Good morning, this is Mira speaking, how may I help you?",
        "Could you please give me the number of your order so that I can look it up?",
        "Is there anything else that I can do for you today before we say goodbye?",
        "您好，很高兴为您服务，请问有什么可以帮您？",
        "請稍等一下，我幫您查詢看看系統的紀錄。",
        "还有什么其他可以帮您的吗？祝您生活愉快，再见！",
    )
    assert [substance(line) for line in lines] == [""] * len(lines)
    kept = "The lid was sent on Monday. It takes 3.5 days."
    assert substance(f"Dear Ann,\n{kept} Anything else?") == kept


def test_of_a_conversation_counts_what_agents_say_after_the_customer_spoke() -> None:
    text = "Harbour line.Where is my lid?It left our store in Ely on Monday by courier."
    turns = (Turn("agent", 0, 13, "Mira"), Turn("customer", 13, 29), Turn("agent", 29, len(text), "Mira"))
    document = Document("d", text, "a.jsonl", channel="call", turns=turns)
    found = answer_of(document, ["neglect"])
    assert found is not None
    assert (found.asked, found.passages) == ("Where is my lid?", ("It left our store in Ely on Monday by courier.",))
    assert found.names == {"mira"}
    assert answer_of(replace(document, turns=turns[:2]), []) is None, "only a greeting"
    assert answer_of(Document("e", "Nobody wrote back.", "a.csv"), []) is None


def test_a_name_that_is_repeated_does_not_name_the_case() -> None:
    said = "Thank you so much, Okonjo, we have read all of your lines with great care and attention."
    document = Document("d", "Okonjo here. The lid broke.", "a.csv", customer="okonjo@example.org", reply=said)
    found = answer_of(document, [])
    assert found is not None
    assert hollow([found]).empty == {document.key}
    named = answer_of(replace(document, reply=said + " A new lid is on its way."), [])
    assert named is not None
    assert not hollow([named]).empty


def test_a_short_spoken_answer_is_not_taken_for_empty() -> None:
    text = "Is the café open on that one?It is, and keep an eye on the notices after nine, they may change that again."
    turns = (Turn("customer", 0, 29), Turn("agent", 29, len(text)))
    found = answer_of(Document("d", text, "a.jsonl", channel="call", turns=turns), [])
    assert found is not None and not hollow([found]).empty
    assert hollow([replace(found, written=True)]).empty


def test_terms_are_words_stems_numbers_and_pairs_of_characters() -> None:
    assert terms("The charges of 2041 were CHARGED, weren't they?") == {"charge", "2041"}
    assert terms("我的快递盒子破了") == {"快递", "递盒", "盒子", "子破"}
    assert columns("ab水") == 4


@given(st.text("abcdef ", min_size=30), st.lists(st.text("UVWXYZ", min_size=3, max_size=12), min_size=2, unique=True))
def test_what_differs_between_two_uses_is_not_shown(common: str, names: list[str]) -> None:
    texts = [f"{common}{name}{common}" for name in names]
    shown = in_common(texts)
    assert names[0] not in shown
    assert in_common([common, common]) == common


@given(st.lists(st.tuples(st.text(max_size=80), st.text(max_size=120)), max_size=8))
def test_any_texts_are_judged(pairs: list[tuple[str, str]]) -> None:
    found = [
        a for i, (asked, said) in enumerate(pairs) if (a := answer_of(Document(f"d{i}", asked, "a", reply=said), []))
    ]
    judged = hollow(found)
    assert judged.stock | judged.empty <= judged.answers == {a.key for a in found}
