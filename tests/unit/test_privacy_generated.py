"""Recall on generated personal data, kind by kind (the whole set: python scripts/evaluate_redaction.py generated)."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from voc.privacy import find

ROOT = Path(__file__).resolve().parents[2]
FLOORS = {"name": 0.85, "address": 0.85}


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "generate_personal_data", ROOT / "scripts" / "generate_personal_data.py"
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_each_kind_is_found(generator: ModuleType) -> None:
    total, hit = Counter[str](), Counter[str]()
    for case in generator.cases(seed=7, count=14):
        found = find(case.text)
        for start, end, kind in case.spans:
            total[kind] += 1
            hit[kind] += 2 * sum(max(0, min(end, one.end) - max(start, one.start)) for one in found) >= end - start
    recall = {kind: hit[kind] / total[kind] for kind in total}
    assert set(generator.STRUCTURED) <= set(recall)
    assert {kind: share for kind, share in recall.items() if share < FLOORS.get(kind, 0.95)} == {}


def test_the_same_seed_gives_the_same_set(generator: ModuleType) -> None:
    assert list(generator.cases(3, 2)) == list(generator.cases(3, 2)) != list(generator.cases(4, 2))


def test_the_annotations_of_the_sample_are_spans_of_its_texts() -> None:
    rows = [
        json.loads(line) for line in (ROOT / "corpora" / "heronsund" / "personal.jsonl").read_text("utf-8").splitlines()
    ]
    spans = [span for row in rows for span in row["spans"]]
    assert len(rows) == len({row["id"] for row in rows}) > 150 and len(spans) > 300
    assert all(0 <= start < end and kind in {"name", "address"} for start, end, kind in spans)
