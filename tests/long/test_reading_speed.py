"""How fast feedback is read, as ratios of times that are taken in one run: machines differ, ratios hardly do."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.mail_fakes import mbox, message
from voc.documents import Document
from voc.ingest import open_sources
from voc.text import detect_language, segment

pytestmark = pytest.mark.long

COUNT = 1500
WORDS = "The man at desk {n} did not look up and told me to wait again. Nobody called back, and that is why I left. "
HAN = "第{n}次打电话，客服还是让我等，没有人处理。再也不用了。"


def cost(path: Path) -> float:
    """Processor seconds from the file to the pieces of a document, the best of three."""

    def once() -> None:
        found = [item for source in open_sources(str(path)) for item in source]
        assert len(found) == COUNT
        assert all(segment(one.text, one.turns) for one in found if isinstance(one, Document))

    return best(once) / COUNT


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


def test_a_mailbox_costs_a_few_tables(tmp_path: Path) -> None:
    plain = cost(table(tmp_path / "plain.csv", WORDS * 5))
    history = (
        "\n\nKind regards,\nAnn Lee\n\nOn 3 Mar 2025, at 9:00, Lily <l@b.example> wrote:\n" + "> It is fine.\n" * 9
    )
    messages = (
        message((WORDS * 5).format(n=n).replace(". ", ".\n") + history, from_=f"Ann {n} Lee <a{n}@c.example>",
                message_id=f"<{n}@c.example>", subject="Again", date="Tue, 04 Mar 2025 10:15:00 +0800")
        for n in range(COUNT)
    )  # fmt: skip
    box = tmp_path / "box.mbox"
    box.write_bytes(mbox(*messages))
    assert cost(box) < 6 * plain, "measured 3.5"
