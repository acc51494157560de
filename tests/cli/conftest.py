"""The real program in a process of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.program import voc

Voc = Callable[..., subprocess.CompletedProcess[str]]


def voc_in(folder: Path) -> Voc:
    """A function that runs ``voc`` with arguments, and variables of its environment by name, in ``folder``."""

    def run(*args: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
        done = voc(*args, cwd=folder, env=env)
        return subprocess.CompletedProcess(["voc", *map(str, args)], done.code, done.out, done.err)

    return run


@pytest.fixture
def run_voc(tmp_path: Path) -> Voc:
    """Runs ``voc`` with arguments in the temporary folder of the test."""
    return voc_in(tmp_path)
