"""``voc trends --from``: counts in, trends out, no workspace."""

from __future__ import annotations

import json
import resource
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Voc
from voc.weeks import Week


def write_counts(folder: Path, series: int = 10, weeks: int = 40) -> None:
    rng = np.random.default_rng(20)
    lines, tables = ["series,week,n,k"], ["series,tp,fn,fp,tn"]
    for s in range(series):
        tables.append(f"s{s},70,30,48,2352")
        for w in range(weeks):
            n = rng.poisson(1000)
            share = 0.08 if s == 0 and w >= 32 else 0.04
            lines.append(f"s{s},{Week(2025, 40).plus(w)},{n},{rng.binomial(n, share)}")
    (folder / "counts.csv").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / "errors.csv").write_text("\n".join(tables) + "\n", "utf-8")


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_counts_become_trends_without_a_workspace(run_voc: Voc, tmp_path: Path) -> None:
    write_counts(tmp_path)
    done = run_voc("trends", "--from", "counts.csv", "--errors", "errors.csv", "-o", "trends.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0].startswith("400 rows of 10 series, 320 tests, ")
    assert files(tmp_path) == ["counts.csv", "errors.csv", "trends.json"]
    answer = json.loads((tmp_path / "trends.json").read_bytes())
    weeks = answer["series"][0]["weeks"]
    assert [week["signal"] for week in weeks[32:]] == ["shift_up"] * 8
    assert weeks[-1]["share"] == pytest.approx((weeks[-1]["raw_share"] - 0.02) / 0.68)
    first = (tmp_path / "trends.json").read_bytes()
    run_voc("trends", "--from", "counts.csv", "--errors", "errors.csv", "--out", "again.json", VOC_WORKSPACE="w")
    assert (tmp_path / "again.json").read_bytes() == first
    assert not (tmp_path / "w").exists()


def test_the_summary_is_json(run_voc: Voc, tmp_path: Path) -> None:
    write_counts(tmp_path, weeks=12)
    done = run_voc("trends", "--from", "counts.csv", "-o", "trends.json", "--json")
    assert json.loads(done.stdout) == {"series": 10, "rows": 120, "tests": 40, "signals": 0, "file": "trends.json"}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--from", "counts.csv"], "say where the trends go: -o"),
        (["--from", "absent.csv", "-o", "t.json"], "'absent.csv' does not exist"),
        (["--errors", "errors.csv"], "--errors goes with --from"),
        (["-o", "t.json"], "-o goes with --from"),
        (["--from", "counts.csv", "-o", "t.json", "-w", "w"], "-w is for the workspace"),
        (["--from", "counts.csv", "-o", "t.json", "--week", "2026-W01"], "--week is for the workspace"),
        (["--from", "counts.csv", "-o", "t.json", "--as-of", "2026-01-01"], "--as-of is for the workspace"),
        (["--from", "counts.csv", "-o", "t.json", "--timings", "t"], "--timings is for the workspace"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options_that_would_do_nothing_are_refused(run_voc: Voc, tmp_path: Path, args: list[str], message: str) -> None:
    write_counts(tmp_path, 1, 2)
    done = run_voc("trends", *args)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert files(tmp_path) == ["counts.csv", "errors.csv"]


def test_a_bad_row_ends_it_with_file_and_line(run_voc: Voc, tmp_path: Path) -> None:
    (tmp_path / "counts.csv").write_text("series,week,n,k\na,2026-W01,10,11\n")
    done = run_voc("trends", "--from", "counts.csv", "-o", "trends.json")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Error: counts.csv: 1 bad row\n  line 2: k is 11, more than n, which is 10\n  Nothing was written.\n"
    )
    assert files(tmp_path) == ["counts.csv"]


@pytest.mark.long
def test_two_thousand_series_of_sixty_weeks_are_quick(run_voc: Voc, tmp_path: Path) -> None:
    write_counts(tmp_path, 2000, 60)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = run_voc("trends", "--from", "counts.csv", "--errors", "errors.csv", "-o", "trends.json")
    assert done.returncode == 0
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 20
