"""The real program, started warm: a server that has loaded what a run loads forks a process for each command.

A run in a fresh process spends ten times as long on importing libraries as on twenty documents, and the tests of the
command line, of faults and of hostile input need hundreds of runs. What follows the imports is the program as it is:
``voc.cli.main`` with its arguments, its own environment, folder, streams and signals, and it can be killed, interrupted
and limited. Tests run it by ``tests.program.voc``, which says when a start has to be cold.

A fork loses threads. The server keeps none that a command would miss: OpenMP and the tokenizers get one
each, its own run has ``threads = 1``; those of Arrow begin anew after a fork. It ends with the process that started it.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from tests.program import ROOT, Done, environment
from voc.cli import COMMANDS

# What commands import, the slowest first.
_IMPORTS = (
    *("bertopic", "sklearn.cluster", "sklearn.decomposition", "onnxruntime", "onnx", "pyarrow.parquet", "matplotlib"),
    *("matplotlib.figure", "matplotlib.backends.backend_svg", "jinja2", "xlsxwriter", "ijson", "jieba", "py3langid"),
    *("weasyprint", "voc.pipeline", "voc.pipeline.casework", "voc.pipeline.labelling", "voc.report.html"),
    *("voc.report.pdf", "voc.ingest", *(f"voc.cli.{module}" for module, _ in COMMANDS.values())),
)
_PATIENCE = 900.0  # seconds; on a machine that others use a start may take minutes
_LIMITS = {"fsize": resource.RLIMIT_FSIZE, "as": resource.RLIMIT_AS, "cpu": resource.RLIMIT_CPU}


class Running:
    """A command at work. ``pid`` may be sent any signal."""

    def __init__(self, server: Server, pid: int, out: Path, err: Path) -> None:
        self.pid, self._server, self._out, self._err = pid, server, out, err
        self._ended: list[float] | None = None

    def wait(self, timeout: float = _PATIENCE) -> Done:
        """What it ended with; a code below zero is the signal that killed it. TimeoutExpired after so many seconds."""
        if self._ended is None:
            self._ended = self._server.ask({"wait": self.pid}, timeout)
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
            cwd=ROOT, env=environment(OMP_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false"), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def ask(self, question: Mapping[str, Any], timeout: float = _PATIENCE) -> Any:
        """The answer to ``question``. A process that is waited for longer than ``timeout`` is killed."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        late = not select.select([self._process.stdout], [], [], timeout)[0]
        if late:
            os.kill(question.get("wait", self._process.pid), signal.SIGKILL)
        answer = self._process.stdout.readline()
        if late:
            raise subprocess.TimeoutExpired(str(question), timeout)
        if not answer:
            raise RuntimeError("the server of warm starts has ended")
        return json.loads(answer)

    def start(
        self, *args: str | Path, cwd: Path | None = None, hook: Sequence[Any] = (), stdin: Path | None = None,
        limits: Mapping[str, int] | None = None, env: Mapping[str, str] | None = None,
    ) -> Running:  # fmt: skip
        """``hook`` is (``module:function``, arguments...), called in the process before the command; ``limits`` are in
        bytes and seconds: fsize, as (address space, beyond what the imports take), cpu; ``env`` is added to
        ``environment()``."""
        self._count += 1
        out, err = (Path(self._folder.name) / f"{self._count}.{name}" for name in ("out", "err"))
        question = {
            "start": [*map(str, args)], "cwd": str(cwd or Path.cwd()), "hook": [*hook], "limits": dict(limits or {}),
            "env": environment(**(env or {})), "out": str(out), "err": str(err), "in": str(stdin or os.devnull),
        }  # fmt: skip
        return Running(self, int(self.ask(question)), out, err)

    def close(self) -> None:
        assert self._process.stdin and self._process.stdout
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._folder.cleanup()


@cache
def server() -> Server:
    """The server of this process. tests/conftest.py closes it."""
    return Server()


def close() -> None:
    """Ends the server of this process, if there is one."""
    if server.cache_info().currsize:
        server().close()
        server.cache_clear()


def start(*args: str | Path, **options: Any) -> Running:
    """Starts ``voc`` with these arguments; see ``Server.start``."""
    return server().start(*args, **options)


def _serve() -> None:
    for name in _IMPORTS:
        importlib.import_module(name)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nothing that a library prints is taken for an answer
    _warm_up()
    gc.collect()
    gc.freeze()  # no collection of a command walks, and so copies, what is here
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
    """A run of its own: what is made once in a process, such as dictionaries, is there when it is forked."""
    from voc.cli import main

    with tempfile.TemporaryDirectory(prefix="voc-warm-") as folder:
        workspace = Path(folder) / "w"
        workspace.mkdir()
        (workspace / "voc.toml").write_text("[general]\nthreads = 1\n")  # a pool of threads would not outlive a fork
        texts = ("Nobody answered mail {}.", "我写了{}封邮件都没有人回复。", "我寫了{}封郵件都沒有人回覆。")
        feedback = [
            {"text": text.format(n), "date": "2026-11-03", "customer": n % 3} for n in range(8) for text in texts
        ]
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
        os.environ.clear()
        os.environ.update(question["env"])
        time.tzset()
        with warnings.catch_warnings():
            pass  # what was warned of here is forgotten
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
