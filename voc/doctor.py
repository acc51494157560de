"""What this machine has and lacks, each fault with the command that mends it."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, Final

from voc.config import Config, load_config
from voc.errors import ConfigError, ModelError

OK, NOTE, FAULT, MISSING = "ok", "note", "fault", "missing"
# Distribution -> module; a test holds them to the dependencies of pyproject.toml.
PACKAGES: Final = {
    "bertopic": "bertopic",
    "click": "click",
    "filelock": "filelock",
    "jieba": "jieba",
    "jinja2": "jinja2",
    "matplotlib": "matplotlib",
    "numpy": "numpy",
    "onnx": "onnx",
    "onnxruntime": "onnxruntime",
    "opencc": "opencc",
    "platformdirs": "platformdirs",
    "py3langid": "py3langid",
    "pyarrow": "pyarrow",
    "python-dateutil": "dateutil",
    "safetensors": "safetensors",
    "scikit-learn": "sklearn",
    "scipy": "scipy",
    "tokenizers": "tokenizers",
    "torch": "torch",
    "transformers": "transformers",
    "tzdata": "tzdata",
    "xlsxwriter": "xlsxwriter",
}
# Packages with compiled parts that may be there and still not load (another CPU, a missing system library).
_COMPILED: Final = ("numpy", "onnxruntime", "pyarrow", "torch")
_FREE_BYTES: Final = 1_000_000_000  # store, vectors and exports of some hundred thousand documents
_OLDEST_SQLITE: Final = (3, 38, 0)  # the first that always has the JSON functions


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: ``state`` is ok, note (works, but know it), fault (does not work) or missing (a model or package is
    not there or damaged); ``mend`` is the command or step that mends it."""

    name: str
    state: str
    detail: str
    mend: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        """For JSON."""
        return asdict(self)


def examine(workspace: Path) -> list[Check]:
    """All checks, for the settings of ``workspace`` (which need not exist and is not made)."""
    checks = [_python()]
    try:
        config = load_config(workspace)
        checks.append(Check("settings", OK, f"timezone {config.general.timezone}, model {config.general.model}"))
    except ConfigError as error:
        config = load_config(None)
        checks.append(Check("settings", FAULT, error.message, error.hint))
    checks += packages()
    checks += [_sqlite(), _devices(), _threads(config)]
    checks += _models(config)
    checks += [_fonts(), _disk(workspace)]
    return checks


def packages(
    version: Callable[[str], str] = metadata.version, load: Callable[[str], object] = import_module
) -> list[Check]:
    """One check for all packages that are there, and one for each that is missing or does not load."""
    found, faults = [], []
    wanted = _requirements()
    for name, module in PACKAGES.items():
        mend = f"{Path(sys.executable).name} -m pip install '{wanted.get(name, name)}'"
        try:
            text = version(name)
        except metadata.PackageNotFoundError:
            faults.append(Check(f"package {name}", MISSING, "is not installed", mend))
            continue
        if name in _COMPILED:
            try:
                load(module)
            except (ImportError, OSError) as error:
                faults.append(Check(f"package {name}", MISSING, f"{text} does not load: {error}", mend))
                continue
        found.append(f"{name} {text}")
    return [Check("packages", OK, ", ".join(found)), *faults]


def _requirements() -> dict[str, str]:
    """Package -> requirement as voc declares it ("torch>=2.6"); empty where voc runs without being installed."""
    try:
        declared = metadata.requires("voc-drivers") or []
    except metadata.PackageNotFoundError:
        return {}
    plain = [line for line in declared if ";" not in line]
    return {re.split(r"[^\w.-]", line, maxsplit=1)[0].lower(): line for line in plain}


def _python() -> Check:
    return Check("python", OK, f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def _sqlite() -> Check:
    text = f"SQLite {sqlite3.sqlite_version}"
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        oldest = ".".join(map(str, _OLDEST_SQLITE))
        return Check("database", FAULT, f"{text} is older than {oldest}", "Use a Python that was built with a newer one.")
    return Check("database", OK, text)


def _cores() -> int:
    """Cores that this process may use (a container may have fewer than the machine)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _devices() -> Check:
    text = f"{_cores()} CPU cores"
    try:
        import torch
    except (ImportError, OSError):  # told by packages()
        return Check("devices", NOTE, f"{text}; whether there is a GPU cannot be told without torch")
    if torch.cuda.is_available():
        names = []
        for index in range(torch.cuda.device_count()):
            memory = torch.cuda.get_device_properties(index).total_memory / 2**30
            names.append(f"{torch.cuda.get_device_name(index)} ({memory:.0f} GiB)")
        return Check("devices", OK, f"{text}, CUDA: {', '.join(names)}")
    return Check("devices", OK, f"{text}, no CUDA device: the model runs on the CPU")


def _threads(config: Config) -> Check:
    chosen = config.general.threads
    cores = _cores()
    if chosen > cores:
        return Check("threads", NOTE, f"{chosen} threads on {cores} cores are slower", "Set threads = 0 in voc.toml.")
    return Check("threads", OK, f"{chosen or cores} ({'set in voc.toml' if chosen else 'every core'})")


def _fonts() -> Check:
    """Fonts with Chinese characters, for whoever opens or prints a report on this machine."""
    tool = shutil.which("fc-list")
    if tool is None:
        return Check("fonts", NOTE, "fc-list is not there: whether a font has Chinese characters cannot be told")
    listed = subprocess.run([tool, ":lang=zh-cn", "family"], capture_output=True, text=True, timeout=30, check=False)
    families = sorted({line.split(",")[0].strip() for line in listed.stdout.splitlines() if line.strip()})
    if not families:
        detail = "no font has Chinese characters: a Chinese report opened on this machine would show boxes"
        return Check("fonts", NOTE, detail, "apt-get install fonts-noto-cjk")
    return Check("fonts", OK, f"{len(families)} families with Chinese characters, such as {families[0]}")


def _disk(workspace: Path) -> Check:
    folder = workspace.absolute()
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        return Check("disk", FAULT, f"{workspace} cannot be written", "Choose another workspace with -w.")
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:,.1f} GB free for {workspace}"
    if free < _FREE_BYTES:
        return Check("disk", NOTE, text, "Make room, or choose a workspace on another disk with -w.")
    return Check("disk", OK, text)
