"""--quality and --device: what they compute, under which name it is kept, and what a machine without a GPU says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.program import ROOT, voc, write_jsonl
from voc.classify.heads import load_heads, save_heads
from voc.classify.model_folder import copy_encoder, copy_heads
from voc.encoders import read_exit, resolve_model
from voc.encoders.early import write_exit

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


@pytest.fixture(scope="module")
def with_fast(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default model with an exit of its own, under heads that were made for the whole: what they say is noise."""
    folder, base = tmp_path_factory.mktemp("models") / "early", resolve_model()
    copy_encoder(base, folder, folder.name)
    copy_heads(base.path, folder, resolve_model(str(folder)).id)
    return folder


def test_fast_has_heads_of_its_own_and_is_kept_apart(feed: Path, with_fast: Path, tmp_path: Path) -> None:
    done = voc("classify", feed, "-o", tmp_path / "out.jsonl", "--model", with_fast, "--quality", "fast")
    assert done.code == 4
    assert "early has nothing for the quality fast" in done.err
    assert not (tmp_path / "out.jsonl").exists()

    model = resolve_model(str(with_fast))
    write_exit(with_fast, 2, np.eye(model.spec["encoder"]["dim"]), np.zeros(model.spec["encoder"]["dim"]))
    heads, _ = load_heads(with_fast)
    save_heads(replace(heads, encoder=read_exit(model).id), with_fast / "fast")
    workspace = tmp_path / "w"
    assert voc("ingest", feed, "-w", workspace).code == 0
    (workspace / "voc.toml").write_text(f"model = {json.dumps(str(with_fast))}\nquality = 'fast'\n", "utf-8")
    assert voc("config", "show", "-w", workspace, "--json").json["general.quality"]["value"] == "fast"
    said = [voc("classify", "-w", workspace, "--json", *more) for more in ((), ("--quality", "balanced"))]
    assert [done.code for done in said] == [0, 0], [done.err for done in said]
    fast, balanced = (done.json["classify"] for done in said)
    assert [one["classified"] for one in (fast, balanced)] == [len(TEXTS)] * 2
    assert fast["model"].endswith("+fast")
    assert fast["model"].split("@")[0] == balanced["model"].split("@")[0]


def test_the_shipped_fast_is_near_to_balanced(tmp_path: Path) -> None:
    shown = {}
    for quality in ("fast", "balanced"):
        out = tmp_path / f"{quality}.jsonl"
        done = voc("classify", ROOT / "corpora/harbourline/feedback.jsonl", "-o", out, "--quality", quality)
        assert done.code == 0, done.err
        records = map(json.loads, out.read_text("utf-8").splitlines())
        shown[quality] = {(r["id"], side, label) for r in records for side in ("labels", "praise") for label in r[side]}
    both, either = shown["fast"] & shown["balanced"], shown["fast"] | shown["balanced"]
    assert shown["fast"] != shown["balanced"]
    assert len(both) > 0.55 * len(either), "measured 0.68"
