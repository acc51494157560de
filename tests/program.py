"""What the tests of the whole program share: running it, and looking at what it left."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "corpora" / "harbourline"
SAMPLE_FILES = (str(SAMPLE / "feedback.jsonl"), str(SAMPLE / "reviews.csv"))
COMPANY = ROOT / "corpora" / "heronsund"


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def environment(**extra: str) -> dict[str, str]:
    """The environment of this process without what could steer voc; the checkout is found from every folder.

    No PDF, which takes seconds, but where a test asks for it (``--pdf``).
    """
    steering = {"VOC_WORKSPACE", "VOC_PDF", "COLUMNS", "PYTHONDONTWRITEBYTECODE"}
    kept = {name: value for name, value in os.environ.items() if name not in steering}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default", "VOC_PDF": "0"} | extra


def voc(
    *args: str | Path, cwd: Path | None = None, network: bool = True, stdin: str | None = None, timeout: int = 300
) -> Done:
    """Runs the real program in a process of its own."""
    program = ["-m", "voc"] if network else [str(ROOT / "tests" / "no_network.py")]
    done = subprocess.run(
        [sys.executable, *program, *map(str, args)],
        cwd=cwd,
        env=environment(),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@contextmanager
def interruptible() -> Iterator[None]:
    """Processes that are started meanwhile hear Ctrl-C, also where these tests run in the background, where a shell has
    told everything to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def digests(folder: Path) -> dict[str, str]:
    """sha256 of every file below ``folder``."""
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def write_jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    return path
