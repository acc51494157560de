"""Labelled data as the package ``datasets`` keeps it."""

from __future__ import annotations

import builtins
import json
from pathlib import Path
from typing import Any

import pytest
from classify_tiny import examples
from datasets import Dataset, DatasetDict

from tests.program import voc, write_jsonl
from voc.classify.gold import digest_of, gold_row, read_gold
from voc.errors import InputError, UsageError
from voc.taxonomy import default_taxonomy

ROWS: list[dict[str, Any]] = [gold_row(example) for example in examples(40)]


def test_a_saved_dataset_reads_like_its_lines(tmp_path: Path) -> None:
    """Arrow gives every row a place for every driver; what nobody named is no complaint."""
    assert len({tuple(row["neg"]) for row in ROWS}) > 1
    write_jsonl(tmp_path / "rows.jsonl", ROWS)
    Dataset.from_list(ROWS).save_to_disk(tmp_path / "whole")
    parts = DatasetDict(train=Dataset.from_list(ROWS[:25]), test=Dataset.from_list(ROWS[25:]))
    parts.save_to_disk(tmp_path / "parts")
    expected = read_gold(tmp_path / "rows.jsonl", default_taxonomy())
    assert read_gold(tmp_path / "whole", default_taxonomy()) == expected
    assert read_gold(tmp_path / "parts", default_taxonomy()) == expected
    assert digest_of([tmp_path / "whole"]) != digest_of([tmp_path / "parts"])


def test_a_saved_dataset_is_evaluated_like_its_lines(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "rows.jsonl", ROWS)
    Dataset.from_list(ROWS).save_to_disk(tmp_path / "rows")
    figures = []
    for data in ("rows.jsonl", "rows"):
        done = voc("evaluate", tmp_path / data, "--rounds", "20", "-o", tmp_path / "out.json")
        assert done.code == 0, done.err
        figures.append(json.loads((tmp_path / "out.json").read_text("utf-8"))["figures"])
    assert figures[0] == figures[1]


def test_what_is_wrong_with_a_folder_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Dataset.from_list([*ROWS[:3], ROWS[3] | {"leave": 7}]).save_to_disk(tmp_path / "wrong")
    with pytest.raises(InputError, match=r"wrong:4: not a labelled document: leave is 7"):
        read_gold(tmp_path / "wrong", default_taxonomy())
    for file in (tmp_path / "wrong").glob("*.arrow"):
        file.write_bytes(b"nothing")
    with pytest.raises(InputError, match="cannot read the labelled data"):
        read_gold(tmp_path / "wrong", default_taxonomy())

    found = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "datasets":
            raise ImportError(name)
        return found(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match="needs the package datasets"):
        read_gold(tmp_path / "wrong", default_taxonomy())
