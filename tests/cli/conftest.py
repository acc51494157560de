"""The real program in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import voc

Voc = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(voc.__file__).parents[1]


def environment(**extra: str) -> dict[str, str]:
    """The environment of this process without what could steer voc; the checkout is found from every folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VOC_", "COLUMNS"))}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default"} | extra


@pytest.fixture
def run_voc(tmp_path: Path) -> Voc:
    """Runs ``voc`` with arguments in the temporary folder of the test."""

    def run(*args: str | Path, stdin: str | None = None, **env: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "voc", *map(str, args)]
        return subprocess.run(
            command, cwd=tmp_path, env=environment(**env), input=stdin, capture_output=True, text=True,
            encoding="utf-8", timeout=300, check=False,
        )  # fmt: skip

    return run
