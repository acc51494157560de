"""How fast feedback is read, as ratios of times that are taken in one run: machines differ, ratios hardly do."""

from __future__ import annotations

import cProfile
import csv
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.mail_fakes import mbox, message
from voc.documents import Document
from voc.ingest import IngestOptions, open_sources
from voc.text import detect_language, segment

pytestmark = pytest.mark.long

COUNT = 1500
FILES = 400
WORDS = "The man at desk {n} did not look up and told me to wait again. Nobody called back, and that is why I left. "
HAN = "第{n}次打电话，客服还是让我等，没有人处理。再也不用了。"


def cost(path: Path, count: int = COUNT) -> float:
    """Processor seconds from the file to the pieces of a document, the best of three."""

    def once() -> None:
        options = IngestOptions(company_domains=("b.example",))
        found = [item for source in open_sources(str(path), options) for item in source]
        assert len(found) == count
        assert all(segment(one.text, one.turns) for one in found if isinstance(one, Document))

    return best(once) / count


def best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def table(path: Path, text: str) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("id", "review"), *((n, text.format(n=n)) for n in range(COUNT))])
    return path


def test_no_kind_of_text_costs_much_more_than_plain_english(tmp_path: Path) -> None:
    detect_language("Ik wil graag mijn geld terug alstublieft")  # loads the model
    plain = cost(table(tmp_path / "plain.csv", WORDS * 5))
    curly = cost(table(tmp_path / "curly.csv", (WORDS + "It’s “fine”, they say… ").replace("desk", "désk") * 4))
    broken = cost(table(tmp_path / "broken.csv", WORDS * 4 + "It costs Â£{n} and itâ€™s late. "))
    chinese = cost(table(tmp_path / "chinese.csv", HAN * 8))
    assert curly < 2.0 * plain, "measured 1.2"
    assert broken < 3.5 * plain, "measured 2.0"
    assert chinese < 2.5 * plain, "measured 1.3"


def letters(count: int) -> list[bytes]:
    """Mail as it comes: headers of programs, a text wrapped at the sentence, a signature, quoted history."""
    history = (
        "\n\nKind regards,\nAnn Lee\n\nOn 3 Mar 2025, at 9:00, Lily <l@b.example> wrote:\n" + "> It is fine.\n" * 9
    )
    return [
        message((WORDS * 5).format(n=n).replace(". ", ".\n") + history, from_=f"Ann {n} Lee <a{n}@c.example>",
                message_id=f"<{n}@c.example>", subject="Again" if n % 2 else "又没有人处理",
                date="Tue, 04 Mar 2025 10:15:00 +0800",
                in_reply_to=f"<{n - 1}@c.example>", return_path=f"<a{n}@c.example>",
                received=f"from mx.c.example by mx.b.example with ESMTPS id {n}; Tue, 04 Mar 2025 10:15:01 +0800",
                dkim_signature="v=1; a=rsa-sha256; d=c.example; " + "b=QUJDREVGRw; " * 20)
        for n in range(count)
    ]  # fmt: skip


def test_mail_costs_a_few_rows_of_a_table(tmp_path: Path) -> None:
    plain = cost(table(tmp_path / "plain.csv", WORDS * 5))
    box, folder = tmp_path / "box.mbox", tmp_path / "mail"
    box.write_bytes(mbox(*letters(COUNT)))
    folder.mkdir()
    for n, letter in enumerate(letters(FILES)):
        (folder / f"{n}.eml").write_bytes(letter)
    in_one = cost(box)
    assert in_one < 4.5 * plain, "measured 3.3"
    assert cost(folder, FILES) < 1.7 * in_one, "measured 1.25"


SAID = (
    ("Maria", "Good morning, thank you for calling. How may I help?"),
    ("Joe Park", "The man at desk {n} told me to wait again, and nobody called back."),
    ("Maria", "I am sorry to hear that. Let me check your order."),
    ("Joe Park", "第{n}次打电话，客服还是让我等，没有人处理。"),
    ("Maria", "這邊幫您登記，明天回覆您。"),
    ("Joe Park", "Please do. I was told the same last week, and I want a refund."),
)


def conversation(form: str, n: int) -> str:
    lines = [(place, name, said.format(n=n)) for place, (name, said) in enumerate(SAID)]
    if form == "json":
        heard = [{"speaker": name, "text": said, "start": 5.5 * at, "end": 5.5 * at + 5} for at, name, said in lines]
        return json.dumps({"segments": heard, "language": "en"}, indent=1)
    if form == "txt":
        return f"Date: 2026-03-04 10:15\nCall ID: {n}\n\n" + "".join(f"{name}: {said}\n" for _, name, said in lines)
    if form == "srt":
        cues = (
            f"{at + 1}\n00:00:{5 * at:02},000 --> 00:00:{5 * at + 4:02},500\n{name}: {said}\n"
            for at, name, said in lines
        )
        return "\n".join(cues)
    cues = (f"00:{5 * at:02}.000 --> 00:{5 * at + 4:02}.500\n<v {name}>{said}</v>\n" for at, name, said in lines)
    return "WEBVTT\nDate: 2026-03-04 10:15\n\n" + "\n".join(cues)


def talks(folder: Path, form: str, count: int) -> Path:
    folder.mkdir()
    for n in range(count):
        (folder / f"call-{n}.{form}").write_text(conversation(form, n), encoding="utf-8")
    return folder


def test_a_file_for_each_conversation_costs_a_few_rows_of_a_table(tmp_path: Path) -> None:
    row = cost(table(tmp_path / "plain.csv", " ".join(said for _, said in SAID)))
    costs = {form: cost(talks(tmp_path / form, form, FILES), FILES) / row for form in ("vtt", "srt", "json", "txt")}
    assert max(costs.values()) < 4.5, f"measured vtt 2.9, srt 3.3, json 2.1, txt 2.9; now {costs}"


def calls(path: Path, count: int) -> float:
    """Calls of functions, those of the library included, for each document: the same on every machine."""

    def once() -> int:
        options = IngestOptions(company_domains=("b.example",))
        return sum(
            len(segment(one.text, one.turns)) > 0
            for source in open_sources(str(path), options)
            for one in source
            if isinstance(one, Document)
        )

    assert once() == count  # fills the caches
    profile = cProfile.Profile()
    profile.runcall(once)
    return sum(entry.callcount for entry in profile.getstats()) / count


def test_reading_a_document_takes_no_more_calls_than_it_did(tmp_path: Path) -> None:
    count = 100
    found = {form: calls(talks(tmp_path / form, form, count), count) for form in ("vtt", "srt", "json", "txt")}
    (tmp_path / "mail").mkdir()
    for n, letter in enumerate(letters(count)):
        (tmp_path / "mail" / f"{n}.eml").write_bytes(letter)
    (tmp_path / "box.mbox").write_bytes(mbox(*letters(count)))
    found |= {"mbox": calls(tmp_path / "box.mbox", count), "eml": calls(tmp_path / "mail", count)}
    measured = {"vtt": 985, "srt": 1196, "json": 987, "txt": 894, "mbox": 1626, "eml": 1785}
    assert {form: round(number) for form, number in found.items() if number > 1.1 * measured[form]} == {}
