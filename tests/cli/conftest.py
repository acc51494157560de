"""The real program in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.program import environment

Voc = Callable[..., subprocess.CompletedProcess[str]]


def voc_in(folder: Path) -> Voc:
    """A function that runs ``voc`` with arguments in ``folder``."""

    def run(*args: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "voc", *map(str, args)]
        return subprocess.run(
            command, cwd=folder, env=environment(**env), capture_output=True, text=True, encoding="utf-8",
            timeout=300, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def run_voc(tmp_path: Path) -> Voc:
    """Runs ``voc`` with arguments in the temporary folder of the test."""
    return voc_in(tmp_path)
