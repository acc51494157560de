"""Text as it is found, through the real program: repaired where it is kept, untouched where offsets are the input's,
and near duplicates of one customer counted once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.program import digests, voc, write_jsonl

GIVEN = {
    "mojibake": "The agent didnâ€™t know   the price of &amp;quot;Plus&amp;quot; and was rude.",
    "badge": "✅ Trip Verified | Nobody answered my mails for three weeks, I was ignored...More",
    "pinyin": "客(kè)服(fú)态(tài)度(dù)很(hěn)差(chà)，\ue420没有人理我。查看更多",
    "whole": "Friendly crew — “on time” and everything ｗｏｒｋｅｄ.",
}
REPAIRED = {
    "mojibake": 'The agent didn’t know the price of "Plus" and was rude.',
    "badge": "Nobody answered my mails for three weeks, I was ignored",
    "pinyin": "客服态度很差，没有人理我。",
    "whole": GIVEN["whole"],
}
CHAT = "Customer: I canâ€™t   log in &amp; nobody helps me.\nAgent: Please wait.\nCustomer:  很(hěn)差(chà)的服务"
LETTER = "I wrote to you {0} times about parcel {1} and nobody ever answered me. You ignore your customers completely."


def rows_of(path: Path) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in map(json.loads, path.read_text("utf-8").splitlines())}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A feed as it is found, run once. Ann sends a form letter three times in week 46 and once in week 45; three
    others use it once; three documents without a customer hold the same, too."""
    folder = tmp_path_factory.mktemp("found")
    rows: list[dict[str, Any]] = [{"id": i, "time": "2026-11-10", "text": t} for i, t in GIVEN.items()]
    rows.append({"id": "chat", "time": "2026-11-10", "channel": "chat", "text": CHAT})
    writers = ["ann", "ann", "ann", "bob", "cleo", "dan", None, None, None]
    rows += [
        {"id": f"l{n}", "time": f"2026-11-{10 + n % 5}", "customer": who, "text": LETTER.format(n + 2, f"A-{n}")}
        for n, who in enumerate(writers)
    ]
    rows.append({"id": "before", "time": "2026-11-03", "customer": "ann", "text": LETTER.format(1, "A-0")})
    write_jsonl(folder / "feed.jsonl", rows)
    done = voc("run", "feed.jsonl", "--as-of", "2026-11-15", cwd=folder)
    assert done.code == 0, done.err
    for out, options in (("plain.jsonl", []), ("identified.jsonl", ["--identified"])):
        assert voc("export", "documents", "-o", out, *options, cwd=folder).code == 0
    return folder


def test_documents_are_exported_repaired_and_the_original_is_kept(folder: Path) -> None:
    found = rows_of(folder / "identified.jsonl")
    for name, text in GIVEN.items():
        assert found[name]["text"] == REPAIRED[name]
        assert found[name].get("original") == (None if name == "whole" else text)
    assert "original" not in found["whole"]
    assert found["pinyin"]["language"] == "zh-Hans"
    plain = (folder / "plain.jsonl").read_text("utf-8")
    assert "original" not in plain and "â€" not in plain


def test_turns_fit_the_repaired_text(folder: Path) -> None:
    chat = rows_of(folder / "identified.jsonl")["chat"]
    assert [(t["role"], t["text"]) for t in chat["turns"]] == [
        ("customer", "I can’t log in & nobody helps me."),
        ("agent", "Please wait."),
        ("customer", "很差的服务"),
    ]
    assert chat["original"] == CHAT


def test_evidence_and_segments_are_offsets_into_the_exported_text(folder: Path) -> None:
    texts = {row["key"]: row["text"] for row in rows_of(folder / "identified.jsonl").values()}
    voc("export", "segments", "--identified", "-o", "segments.jsonl", cwd=folder)
    voc("export", "predictions", "--identified", "-o", "predictions.jsonl", cwd=folder)
    pieces = [json.loads(line) for line in (folder / "segments.jsonl").read_text("utf-8").splitlines()]
    spans = [
        {**span, "key": row["key"]}
        for row in map(json.loads, (folder / "predictions.jsonl").read_text("utf-8").splitlines())
        for span in row["evidence"]
    ]
    assert len({p["key"] for p in pieces}) == len(texts) and spans
    for piece in [*pieces, *spans]:
        assert texts[piece["key"]][piece["start"] : piece["end"]] == piece["text"]


def test_a_second_run_adds_nothing_and_changes_nothing(folder: Path) -> None:
    before = digests(folder / "voc-workspace" / "reports")
    (folder / "again.jsonl").write_bytes((folder / "feed.jsonl").read_bytes())
    for name in ("feed.jsonl", "again.jsonl"):
        done = voc("ingest", name, "--json", cwd=folder)
        assert done.code == 0, done.err
        assert done.json["ingest"]["added"] == 0
    (folder / "again.jsonl").unlink()
    voc("report", "--as-of", "2026-11-15", "-o", "same", cwd=folder)
    assert digests(folder / "voc-workspace" / "reports") == before


def test_near_duplicates_of_one_customer_count_once_in_a_week(folder: Path) -> None:
    report = json.loads((folder / "voc-workspace" / "reports" / "2026-W46" / "report.json").read_text("utf-8"))
    last, before = report["weeks"][-1], report["weeks"][-2]
    assert (last["week"], last["documents"], before["documents"]) == ("2026-W46", 14, 1)
    # Of Ann's three letters of the week two are no further voices; nobody else is left out.
    assert {side["n"] for driver in last["drivers"].values() for side in driver.values()} == {12}
    assert last["drivers"]["neglect"]["complaint"]["k"] >= 7
    keys = {row["id"]: row["key"] for row in rows_of(folder / "identified.jsonl").values()}
    shown = json.dumps(report)
    assert any(keys[f"l{n}"] in shown for n in (0, 3, 4, 5, 6, 7, 8)), "letters are quoted"
    assert keys["l1"] not in shown and keys["l2"] not in shown, "what no share counts is not quoted"
    assert {side["n"] for driver in before["drivers"].values() for side in driver.values()} == {1}


def test_status_counts_near_duplicates(folder: Path) -> None:
    found = voc("status", "--json", cwd=folder).json
    assert found["near_duplicates"] == {"documents": 9, "families": 1, "unlinked": 0}


def test_the_order_of_files_does_not_matter(folder: Path, tmp_path: Path) -> None:
    lines = (folder / "feed.jsonl").read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "feed.jsonl").write_text("".join(reversed(lines)), "utf-8")
    for command in (["ingest", "feed.jsonl"], ["classify"], ["report", "--as-of", "2026-11-15"]):
        done = voc(*command, cwd=tmp_path)
        assert done.code == 0, done.err
    place = Path("voc-workspace", "reports", "2026-W46", "report.json")
    theirs, ours = (json.loads((f / place).read_text("utf-8")) for f in (folder, tmp_path))
    assert ours["weeks"] == theirs["weeks"]
    assert ours["themes"] == theirs["themes"]


def test_classifying_files_leaves_the_text_as_it_was_given(folder: Path) -> None:
    done = voc("classify", "feed.jsonl", "-o", "records.jsonl", cwd=folder)
    assert done.code == 0, done.err
    given = rows_of(folder / "feed.jsonl")
    records = rows_of(folder / "records.jsonl")
    spans = [
        (record["id"], span)
        for record in records.values()
        for driver in record["drivers"].values()
        for span in driver["evidence"]
    ]
    assert any(name in ("mojibake", "badge", "pinyin", "chat") for name, _ in spans)
    for name, span in spans:
        assert given[name]["text"][span["start"] : span["end"]] == span["text"]
