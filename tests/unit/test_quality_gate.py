"""The committed bounds belong to the committed data, and none is tighter than what was measured."""

from __future__ import annotations

import tomllib
from pathlib import Path

from voc.classify.gate import read_gate
from voc.classify.gold import digest_of

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "corpora" / "harbourline"


def test_the_bounds_are_of_the_committed_sample() -> None:
    entries = read_gate(ROOT / "tests" / "quality.toml")
    listed = tomllib.loads((SAMPLE / "corpus.toml").read_text("utf-8"))["files"]
    files = [SAMPLE / name for name in (*listed["documents"], listed["labels"])]
    assert entries["harbourline"]["data"] == digest_of(files)


def test_bounds_lie_on_the_safe_side_of_what_was_measured() -> None:
    for entry in read_gate(ROOT / "tests" / "quality.toml").values():
        assert "f1.complaints" in entry["floor"]
        assert "ece" in entry["ceiling"]
        assert all(bound <= entry["measured"][name] for name, bound in entry["floor"].items())
        assert all(bound >= entry["measured"][name] for name, bound in entry["ceiling"].items())
