"""Files that people label in: out, filled, back; what they agree on; which documents are picked."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from voc.classify.agreement import Agreement, agreement, disputed, pairs
from voc.classify.label_choice import random_share, unclear
from voc.classify.label_export import columns, label_config, write_label_studio, write_workbook
from voc.classify.labelled_rows import HEAD, NONE, LabelledRow, read_labelled_rows
from voc.errors import InputError, UsageError
from voc.taxonomy import default_taxonomy

TAXONOMY = default_taxonomy()
LABELS = TAXONOMY.labels
RUDE, KIND = "discourtesy.complaint", "discourtesy.praise"
HEADS = [
    {"key": "a" * 32, "id": "r-1", "sample": "random", "channel": "review", "language": "en", "day": "2026-11-02",
     "text": "=1+1 The clerk was rude."},
    {"key": "b" * 32, "id": "r-2", "sample": "chosen", "channel": "chat", "language": "zh-Hans", "day": "",
     "text": "服务员很热情。<b>\x01\ud800"},
]  # fmt: skip


def workbook(path: Path, *rows: dict[str, Any], head: list[str] | None = None) -> Path:
    """The exported workbook as a person filled it in."""
    names = head or [*HEAD, *columns(TAXONOMY)]
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("label")
    for column, name in enumerate(names):
        sheet.write_string(0, column, name)
        for number, row in enumerate(rows, start=1):
            sheet.write_string(number, column, row.get(name, "").replace("\ud800", ""))
    book.close()
    return path


def test_the_workbook_holds_texts_as_texts_and_the_codebook(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(tmp_path / name, TAXONOMY, HEADS)
    first, second = (hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("a.xlsx", "b.xlsx"))
    assert first == second
    book = CalamineWorkbook.from_path(str(tmp_path / "a.xlsx"))
    head, one, two = book.get_sheet_by_name("label").to_python()
    assert head == [*HEAD, *columns(TAXONOMY)]
    assert one[head.index("text")] == "=1+1 The clerk was rude."
    assert two[head.index("text")] == "服务员很热情。<b>\ufffd\ufffd"
    assert not any(one[len(HEAD) :]), "what the model thinks is not told"
    codebook = "\n".join(str(cell) for row in book.get_sheet_by_name("codebook").to_python() for cell in row)
    for driver in TAXONOMY.drivers:
        assert driver.definition["en"] in codebook
        assert driver.definition["zh-Hans"] in codebook


def test_filled_rows_come_back_and_blank_ones_do_not(tmp_path: Path) -> None:
    file = workbook(
        tmp_path / "x.xlsx",
        {**HEADS[0], RUDE: "Yes", f"quote {RUDE}": "clerk was rude", "leave": "no", f"quote {KIND}": "x"},
        {**HEADS[1], KIND: "是"},
        {**HEADS[1], "key": "c" * 32, NONE: "x"},
        {**HEADS[1], "key": "d" * 32},
    )
    first, second, third = read_labelled_rows(file, TAXONOMY)
    assert (first.row, first.key, first.head["sample"]) == (2, "a" * 32, "random")
    assert [label for label, yes in first.labels.items() if yes] == [RUDE]
    assert first.quotes == {RUDE: "clerk was rude"}
    assert [label for label, yes in second.labels.items() if yes] == [KIND]
    assert list(second.labels) == list(LABELS)
    assert not any(third.labels.values())


def test_every_mistake_is_listed_by_row(tmp_path: Path) -> None:
    file = workbook(
        tmp_path / "x.xlsx",
        {**HEADS[0], RUDE: "maybe"},
        {**HEADS[1], KIND: "yes", NONE: "yes"},
        {**HEADS[0], "leave": "yes"},
        {**HEADS[0], "leave": "no"},
        {**HEADS[0], "key": "", "leave": "no"},
    )
    with pytest.raises(InputError) as caught:
        read_labelled_rows(file, TAXONOMY)
    said = caught.value.message
    assert "x.xlsx has 4 mistakes" in said
    assert "row 2: discourtesy.complaint is 'maybe': write yes or no" in said
    assert f"row 3: 'none of these' is yes, but so is {KIND}" in said
    assert f"row 5: the document {'a' * 32} stands in row 4 already" in said
    assert "row 6: the key is missing" in said


def test_files_that_are_no_labels(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"lacks the columns key, discourtesy\.complaint"):
        read_labelled_rows(workbook(tmp_path / "x.xlsx", head=["id", "text"]), TAXONOMY)
    (tmp_path / "y.xlsx").write_bytes(b"PK nothing")
    with pytest.raises(InputError, match="cannot read"):
        read_labelled_rows(tmp_path / "y.xlsx", TAXONOMY)
    with pytest.raises(InputError, match="no labelled documents"):
        read_labelled_rows(workbook(tmp_path / "z.xlsx", HEADS[0]), TAXONOMY)
    with pytest.raises(UsageError, match=r"no labels are read from 'a\.doc'"):
        read_labelled_rows(tmp_path / "a.doc", TAXONOMY)
    (tmp_path / "no.json").write_text('{"tasks": []}')
    with pytest.raises(InputError, match="no list of tasks"):
        read_labelled_rows(tmp_path / "no.json", TAXONOMY)


def annotated(task: dict[str, Any], *result: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return task | {"id": 1, "annotations": [{"result": list(result), "completed_by": {"email": "a@b.c"}, **rest}]}


def choice(*labels: str) -> dict[str, Any]:
    return {"type": "choices", "from_name": "labels", "to_name": "text", "value": {"choices": list(labels)}}


def span(label: str, text: str) -> dict[str, Any]:
    value = {"start": 0, "end": len(text), "text": text, "labels": [label]}
    return {"type": "labels", "from_name": "quotes", "to_name": "text", "value": value}


def test_label_studio_there_and_back(tmp_path: Path) -> None:
    config = write_label_studio(tmp_path / "t.json", TAXONOMY, HEADS)
    tasks = json.loads((tmp_path / "t.json").read_text("utf-8"))
    assert [task["data"]["key"] for task in tasks] == ["a" * 32, "b" * 32]
    view = ElementTree.fromstring(config.read_text("utf-8"))  # well-formed XML
    assert [c.get("value") for c in view.findall("./Choices/Choice")] == [*LABELS, NONE]
    assert view.find("./Text").get("value") == "$text"  # type: ignore[union-attr]
    done = [
        annotated(tasks[0], span(RUDE, "clerk was rude"), choice("leave")),
        annotated(tasks[1], choice(NONE)),
        annotated(tasks[0] | {"data": tasks[0]["data"] | {"key": "c" * 32}}, choice(RUDE), was_cancelled=True),
        tasks[1],
    ]
    (tmp_path / "done.json").write_text(json.dumps(done), "utf-8")
    first, second = read_labelled_rows(tmp_path / "done.json", TAXONOMY)
    assert [label for label, yes in first.labels.items() if yes] == [RUDE, "leave"]
    assert (first.quotes, first.who) == ({RUDE: "clerk was rude"}, "label-studio:a@b.c")
    assert not any(second.labels.values())


def test_mistakes_of_label_studio_files(tmp_path: Path) -> None:
    task = {"data": {"key": "k1"}}
    twice = annotated(task, choice("leave"))
    twice["annotations"] *= 2
    wrong = [annotated(task, choice("rudeness")), twice, {"annotations": [{"result": [{}]}]}, 7]
    (tmp_path / "x.json").write_text(json.dumps(wrong))
    with pytest.raises(InputError) as caught:
        read_labelled_rows(tmp_path / "x.json", TAXONOMY)
    for part in ("row 1: unknown label 'rudeness'", "row 2: 2 annotations", "row 3: not a task", "row 4: not a task"):
        assert part in caught.value.message


def test_names_of_a_taxonomy_are_escaped_in_the_config() -> None:
    from voc.taxonomy import parse_taxonomy

    own = parse_taxonomy(
        'id = "x"\nversion = 1\nextends = "churn-drivers"\n[drivers.fees]\nname = { en = "<Fees> & \\"more\\"" }\n'
        'definition = { en = "a < b" }\n',
        "own",
    )
    view = ElementTree.fromstring(label_config(own))
    assert any(c.get("hint") == '<Fees> & "more": a < b' for c in view.findall("./Choices/Choice"))


def row(key: str, *labels: str) -> LabelledRow:
    return LabelledRow(1, {label: label in labels for label in LABELS}, {}, {"key": key})


def test_agreement_by_hand() -> None:
    first = [row("a", RUDE), row("b", RUDE), row("c"), row("d"), row("only")]
    second = [row("d"), row("c", RUDE), row("b"), row("a", RUDE)]
    both = pairs(first, second)
    assert [left.key for left, _ in both] == ["a", "b", "c", "d"]
    rude, *_, leave = agreement(both, LABELS)
    assert (rude.both, rude.first, rude.second, rude.share, rude.f1) == (1, 1, 1, 0.5, 0.5)
    assert rude.kappa == pytest.approx(0.0)
    assert (leave.kappa, leave.f1, leave.share) == (None, 0.0, 1.0)
    assert [(r.key, said) for r, said in disputed(both, LABELS)] == [
        ("b", {RUDE: "yes / no"}),
        ("c", {RUDE: "no / yes"}),
    ]


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1))
def test_kappa_is_symmetric_and_one_only_for_equal_answers(answers: list[tuple[bool, bool]]) -> None:
    counts = [answers.count(pair) for pair in ((True, True), (True, False), (False, True))]
    one = Agreement("x", len(answers), *counts)
    other = Agreement("x", len(answers), counts[0], counts[2], counts[1])
    assert one.kappa == other.kappa
    if one.kappa is None:
        assert len(set(answers)) == 1
    else:
        assert -1.0 <= one.kappa <= 1.0
        assert (one.kappa > 1 - 1e-12) == (counts[1] + counts[2] == 0)


def test_the_random_share_follows_from_seed_and_keys_alone() -> None:
    keys = [f"{i:04}" for i in range(1000)]
    drawn = random_share(keys, 100, 7)
    assert drawn == random_share(keys[::-1], 100, 7)
    assert len(set(drawn)) == 100
    assert drawn != random_share(keys, 100, 8)
    assert random_share(keys, 200, 7)[:100] == drawn, "more of the same draw keeps the first ones"


def test_unclear_documents_are_picked_for_every_output_and_no_two_alike() -> None:
    generator = np.random.default_rng(0)
    keys = [f"{i:04}" for i in range(400)]
    margins = np.full((400, 2), 5.0)
    margins[:100, 0] = 0.1  # a frequent label
    margins[100:110, 1] = 0.1  # a rare one
    vectors = {key: generator.normal(size=16).astype(np.float32) for key in keys}
    for key in keys[:90]:
        vectors[key] = vectors["0000"]  # ninety of the hundred say the same
    asked: list[str] = []

    def vectors_of(some: list[str]) -> dict[str, Any]:
        asked.extend(some)
        return {key: vectors[key] for key in some if key != "0105"}

    picked = unclear(keys, margins, 20, vectors_of)
    assert len(set(picked)) == 20
    assert sum(100 <= int(key) < 110 for key in picked) == 9, "the one without a vector is never picked"
    assert sum(int(key) < 90 for key in picked) <= 2
    order = generator.permutation(400)
    again = unclear([keys[i] for i in order], margins[order], 20, vectors_of)
    assert again == picked
    assert unclear([], np.zeros((0, 2)), 5, vectors_of) == []
    assert len(unclear(keys[:3], margins[:3], 9, vectors_of)) == 3


def test_answers_of_the_command_line() -> None:
    from voc.pipeline.labelling import parse_answers

    given = ["discourtesy=no", "neglect.praise=yes", "leave=model"]
    assert parse_answers(given, TAXONOMY) == {RUDE: False, "neglect.praise": True, "leave": None}
    wrong = {
        "rudeness=no": "there is no label 'rudeness'",
        "leave=perhaps": "'leave=perhaps' is no answer",
        "leave": "'leave' is no answer",
        "discourtesy=": "is no answer",
        "=yes": "there is no label ''",
    }
    for text, said in wrong.items():
        with pytest.raises(UsageError) as caught:
            parse_answers([text], TAXONOMY)
        assert said in caught.value.message
    with pytest.raises(UsageError, match="leave is given twice"):
        parse_answers(["leave=yes", "leave=no"], TAXONOMY)
