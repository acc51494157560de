"""--quality and --device: what they compute, under which name it is kept, and what a machine without a GPU says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.program import voc, write_jsonl

TEXTS = (
    "The woman at the desk rolled her eyes and told me to stop wasting her time. I am leaving.",
    "三个星期了，打了五次电话，没有一个人回复我。",
    "客服小姐講解得很清楚，問題一次就解決了，謝謝！",
    "Fine.",
)


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [{"id": f"q{i}", "text": text} for i, text in enumerate(TEXTS)]
    return write_jsonl(tmp_path_factory.mktemp("quality") / "feed.jsonl", rows)


def test_full_is_close_to_balanced_and_kept_under_another_name(feed: Path, tmp_path: Path) -> None:
    records = {}
    for quality in ("balanced", "full"):
        out = tmp_path / f"{quality}.jsonl"
        done = voc("classify", feed, "-o", out, "--quality", quality)
        assert done.code == 0, done.err
        records[quality] = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    for balanced, full in zip(records["balanced"], records["full"], strict=True):
        assert full["model"] == balanced["model"] + "+full"
        for key in ("labels", "praise", "leave"):
            assert full[key] == balanced[key]
    probabilities = [[row["leave_probability"] for row in records[name]] for name in ("balanced", "full")]
    assert probabilities[0] != probabilities[1]


def test_a_device_that_is_not_there_is_named(feed: Path, tmp_path: Path) -> None:
    done = voc("classify", feed, "-o", tmp_path / "out.jsonl", "--device", "cuda:99")
    assert done.code == 4
    assert "cuda:99" in done.err
    assert not (tmp_path / "out.jsonl").exists()
    odd = voc("classify", feed, "-o", tmp_path / "out.jsonl", "--device", "tpu")
    assert odd.code == 2
    assert "cpu, cuda, cuda:N or auto" in odd.err


def test_a_workspace_keeps_the_two_apart(feed: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    assert voc("ingest", feed, "-w", workspace).code == 0
    first = voc("classify", "-w", workspace, "--device", "auto", "--json")
    again = voc("classify", "-w", workspace, "--json")
    full = voc("classify", "-w", workspace, "--quality", "full", "--json")
    assert [done.code for done in (first, again, full)] == [0, 0, 0], full.err
    said = [done.json["classify"] for done in (first, again, full)]
    assert [one["classified"] for one in said] == [len(TEXTS), 0, len(TEXTS)]
    assert said[2]["model"] == said[0]["model"] + "+full"
