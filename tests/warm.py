"""The real program, started warm: a server that has loaded what a run loads forks a process for each command.

A run in a fresh process spends ten times as long on importing libraries as on twenty documents, and the tests of faults
and of hostile input need a hundred runs. What follows the imports is the program as it is: ``voc.cli.main`` with its
arguments, its own environment, folder, streams and signals, and it can be killed, interrupted and limited.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from tests.program import ROOT, Done, environment

# What a run imports, the slowest first. Nothing of it starts a thread, which a fork would lose.
_IMPORTS = (
    *("bertopic", "sklearn.cluster", "sklearn.decomposition", "onnxruntime", "onnx", "pyarrow.parquet", "matplotlib"),
    *("matplotlib.figure", "matplotlib.backends.backend_svg", "jinja2", "xlsxwriter", "ijson", "jieba", "py3langid"),
    *("voc.pipeline", "voc.pipeline.casework", "voc.pipeline.labelling", "voc.report.html", "voc.ingest", "voc.cli"),
)
_LIMITS = {"fsize": resource.RLIMIT_FSIZE, "as": resource.RLIMIT_AS, "cpu": resource.RLIMIT_CPU}


class Running:
    """A command at work. ``pid`` may be sent any signal."""

    def __init__(self, server: Server, pid: int, out: Path, err: Path) -> None:
        self.pid, self._server, self._out, self._err = pid, server, out, err
        self._ended: list[float] | None = None

    def wait(self) -> Done:
        """What it ended with; a code below zero is the signal that killed it."""
        if self._ended is None:
            self._ended = self._server.ask({"wait": self.pid})
        streams = [p.read_text("utf-8", "surrogateescape") for p in (self._out, self._err)]
        return Done(int(self._ended[0]), *streams)

    @property
    def seconds(self) -> float:
        """Processor time that it took."""
        assert self._ended
        return self._ended[1]

    def ended(self) -> bool:
        """Whether it ended by now."""
        if self._ended is None:
            self._ended = self._server.ask({"poll": self.pid})
        return self._ended is not None


class Server:
    """A process that forks commands; one for each process of tests."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="voc-warm-")
        self._count = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.warm"],
            cwd=ROOT, env=environment(OMP_NUM_THREADS="1"), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def ask(self, question: Mapping[str, Any]) -> Any:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def start(
        self, *args: str | Path, cwd: Path | None = None, hook: Sequence[Any] = (), stdin: Path | None = None,
        limits: Mapping[str, int] | None = None, env: Mapping[str, str] | None = None,
    ) -> Running:  # fmt: skip
        """``hook`` is (``module:function``, arguments...), called in the process before the command; ``limits`` are in
        bytes and seconds: fsize, as (address space, beyond what the imports take), cpu."""
        self._count += 1
        out, err = (Path(self._folder.name) / f"{self._count}.{name}" for name in ("out", "err"))
        question = {
            "start": [*map(str, args)], "cwd": str(cwd or ROOT), "hook": [*hook], "limits": dict(limits or {}),
            "env": dict(env or {}), "out": str(out), "err": str(err), "in": str(stdin or os.devnull),
        }  # fmt: skip
        return Running(self, int(self.ask(question)), out, err)

    def close(self) -> None:
        assert self._process.stdin
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait(30)
        self._folder.cleanup()


@cache
def server() -> Server:
    """The server of this process."""
    import atexit

    made = Server()
    atexit.register(made.close)
    return made


def start(*args: str | Path, **options: Any) -> Running:
    """Starts ``voc`` with these arguments; see ``Server.start``."""
    return server().start(*args, **options)


def voc(*args: str | Path, **options: Any) -> Done:
    """Runs ``voc`` to its end, as ``tests.program.voc`` does."""
    return start(*args, **options).wait()


def _serve() -> None:
    for name in _IMPORTS:
        importlib.import_module(name)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nothing that a library prints is taken for an answer
    _warm_up()
    ended: dict[int, tuple[int, float]] = {}
    for line in sys.stdin:
        question = json.loads(line)
        if "start" in question:
            answer: Any = os.fork()
            if answer == 0:
                _be_voc(question)
        else:
            pid = question.get("wait") or question["poll"]
            if pid not in ended:
                done, status, used = os.wait4(pid, 0 if "wait" in question else os.WNOHANG)
                if done:
                    ended[pid] = (os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime)
            answer = ended.get(pid)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    os._exit(0)  # what libraries do at the end takes half a minute on a busy machine


def _warm_up() -> None:
    """A run of its own: what is made once in a process is there when it is forked."""
    from voc.cli import main

    with tempfile.TemporaryDirectory(prefix="voc-warm-") as folder:
        workspace = Path(folder) / "w"
        workspace.mkdir()
        (workspace / "voc.toml").write_text("[general]\nthreads = 1\n")  # a pool of threads would not outlive a fork
        feedback = [{"text": f"Nobody answered mail {n}.", "date": "2026-11-03", "customer": n % 3} for n in range(8)]
        file = Path(folder) / "feedback.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in feedback))
        if main(["run", str(file), "-w", str(workspace), "-q"]):
            raise RuntimeError("the run that warms the server failed")


def _be_voc(question: Mapping[str, Any]) -> None:
    """Becomes the command, and never comes back."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, name in enumerate(("in", "out", "err")):
            flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            descriptor = os.open(question[name], flags, 0o600)
            os.dup2(descriptor, number)
            os.close(descriptor)
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)  # the server's may hold what it read ahead
        for stream in ("stdout", "stderr"):
            getattr(sys, stream).reconfigure(encoding="utf-8")
        os.chdir(question["cwd"])
        os.environ.update(question["env"])
        sys.argv = ["voc", *question["start"]]
        for name, limit in question["limits"].items():
            resource.setrlimit(_LIMITS[name], (limit + (_address_space() if name == "as" else 0),) * 2)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # as Python has it: a write beyond the limit fails
        if question["hook"]:
            module, _, function = question["hook"][0].partition(":")
            getattr(importlib.import_module(module), function)(*question["hook"][1:])
        from voc.cli import main

        code = main(question["start"])
    except SystemExit as error:
        code = int(error.code or 0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def wait_for(condition: Any, seconds: float = 60.0) -> None:
    """Waits until ``condition()`` holds; AssertionError after ``seconds``."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(0.01)


if __name__ == "__main__":
    _serve()
