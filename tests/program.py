"""What the tests of the whole program share: running it, and looking at what it left.

``voc`` is the one way to run it, each time in a process of its own, warm or cold. Warm (the default) that process is
forked from a server that has imported what a run imports (tests/warm.py), which is ten times as cheap; from there on it
is the program as it is. Cold (``cold=True``) it is ``python -m voc`` and nothing before it. A test is cold where the
start is what it looks at: what is imported and how long that takes, and what Python itself makes of signals, pipes,
terminals, memory and the environment. tests/cli/test_cold.py runs each command both ways and compares.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
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
    ours = {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default", "VOC_PDF": "0", "VOC_UI_LANGUAGE": "en"}
    return kept | ours | extra


def voc(
    *args: str | Path, cwd: Path | None = None, network: bool = True, stdin: str | None = None, timeout: int = 900,
    env: Mapping[str, str] | None = None, cold: bool = False, **options: Any,
) -> Done:  # fmt: skip
    """Runs the real program in a process of its own; see above. ``network=False``: any use of a socket fails. ``env``
    is added to ``environment()``. ``stdin`` comes through a pipe, which only a cold process has. ``options`` are those
    of a warm start: see ``tests.warm.Server.start``."""
    if not cold and stdin is None:
        from tests.warm import start

        hook = options.pop("hook", ()) if network else ("tests.no_network:forbid",)
        return start(*args, cwd=cwd, env=env, hook=hook, **options).wait(timeout)
    assert not options, "only a warm start has them"
    program = ["-m", "voc"] if network else [str(ROOT / "tests" / "no_network.py")]
    done = subprocess.run(
        [sys.executable, *program, *map(str, args)],
        cwd=cwd,
        env=environment(**(env or {})),
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
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
