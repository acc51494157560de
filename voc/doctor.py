"""What this machine has and lacks, each fault with the command that mends it."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, Final

from voc.checks import FAULT, MISSING, NOTE, OK, Check
from voc.config import Config, load_config
from voc.errors import ConfigError, ModelError, StoreError
from voc.store import FILE_NAME, Store

# Packages with compiled parts that may be there and still not load (another CPU, a missing system library).
_COMPILED: Final = ("numpy", "onnxruntime", "pyarrow", "torch")
_REQUIREMENT: Final = re.compile(r"([\w.-]+)(?:\[[^]]*\])?\s*>=\s*([\d.]+)")
_HEADS: Final = "heads.safetensors"
_FREE_BYTES: Final = 1_000_000_000  # store, vectors and exports of some hundred thousand documents
_OLDEST_SQLITE: Final = (3, 38, 0)  # the first that always has the JSON functions


def examine(workspace: Path) -> list[Check]:
    """All checks, for the settings of ``workspace`` (which need not exist and is not made)."""
    settings, config = _settings(workspace)
    checks = [_python(), settings, *packages(requirements())]
    checks += [_sqlite(), _devices(), _threads(config)]
    checks += _models(config)
    checks += [_fonts(), _pdf(), _disk(workspace), _cache(), *_workspace(workspace)]
    return checks


def _settings(workspace: Path) -> tuple[Check, Config]:
    try:
        config = load_config(workspace)
    except ConfigError as error:
        return Check("settings", FAULT, error.message, error.hint), load_config(None)
    return Check("settings", OK, f"timezone {config.general.timezone}, model {config.general.model}"), config


def requirements() -> list[str]:
    """What the installed voc needs ("torch>=2.6"), extras left out; empty where it is not installed."""
    try:
        declared = metadata.requires("voc-drivers") or []
    except metadata.PackageNotFoundError:
        return []
    return [line for line in declared if ";" not in line]


def packages(
    wanted: Sequence[str],
    version: Callable[[str], str] = metadata.version,
    load: Callable[[str], object] = import_module,
) -> list[Check]:
    """One check for the packages of ``wanted`` that are there, and one for each that is missing, too old or does not
    load."""
    if not wanted:
        return [Check("packages", NOTE, "voc runs from a folder where it is not installed", "make install")]
    found, faults = [], []
    for requirement in wanted:
        match = _REQUIREMENT.match(requirement)
        name, oldest = (match[1], match[2]) if match else (requirement, "0")
        detail, sound = _package(name, oldest, version, load)
        if sound:
            found.append(detail)
        else:
            mend = f"{Path(sys.executable).name} -m pip install '{requirement}'"
            faults.append(Check(f"package {name}", MISSING, detail, mend))
    return [Check("packages", OK, ", ".join(found)), *faults]


def _package(name: str, oldest: str, version: Callable[[str], str], load: Callable[[str], object]) -> tuple[str, bool]:
    """What is to say of one package, and whether it can be used."""
    try:
        text = version(name)
    except metadata.PackageNotFoundError:
        return "is not installed", False
    if _numbers(text) < _numbers(oldest):
        return f"{text} is older than {oldest}", False
    if name in _COMPILED:
        try:
            load(name)
        except (ImportError, OSError) as error:
            return f"{text} does not load: {error}", False
    return f"{name} {text}", True


def _numbers(version: str) -> tuple[int, ...]:
    """The release of a version for comparison: "2.13.0+cpu" -> (2, 13, 0); what follows the numbers is left out."""
    match = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, match[0].split("."))) if match else ()


def _workspace(workspace: Path) -> Iterator[Check]:
    """Whether the store and its vectors are sound, where there is a store."""
    if not (workspace / FILE_NAME).exists():
        return
    try:
        with Store.open(workspace, readonly=True) as store:
            problems = store.problems()
    except StoreError as error:
        yield Check("workspace", FAULT, error.message, error.hint)
        return
    for problem in problems:
        yield Check("workspace", FAULT, problem, "Delete that file and run voc again: it is made anew.")
    if not problems:
        yield Check("workspace", OK, f"{workspace}: database and vectors are sound")


def _python() -> Check:
    return Check("python", OK, f"{platform.python_version()}, {platform.system()} {platform.machine()}")


def _sqlite() -> Check:
    text = f"SQLite {sqlite3.sqlite_version}"
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        oldest = ".".join(map(str, _OLDEST_SQLITE))
        return Check("database", FAULT, f"{text} is older than {oldest}", "Use a Python with a newer one.")
    return Check("database", OK, text)


def _cores() -> int:
    """Cores that this process may use (a container may have fewer than the machine)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _devices() -> Check:
    cores = _cores()
    try:
        import torch
    except (ImportError, OSError):  # told by packages()
        return Check("devices", NOTE, f"{cores} CPU cores; whether there is a GPU cannot be told without torch")
    if torch.cuda.is_available():
        names = []
        for index in range(torch.cuda.device_count()):
            memory = torch.cuda.get_device_properties(index).total_memory / 2**30
            names.append(f"{torch.cuda.get_device_name(index)} ({memory:.0f} GiB)")
        return Check("devices", OK, f"{cores} CPU cores, CUDA: {', '.join(names)}")
    return Check("devices", OK, f"{cores} CPU cores, no CUDA device: the model runs on the CPU")


def _threads(config: Config) -> Check:
    chosen = config.general.threads
    cores = _cores()
    if chosen > cores:
        return Check("threads", NOTE, f"{chosen} threads on {cores} cores are slower", "Set threads = 0 in voc.toml.")
    return Check("threads", OK, f"{chosen or cores} ({'set in voc.toml' if chosen else 'every core'})")


def models() -> list[dict[str, Any]]:
    """The models of this installation, by name: id, size in megabytes, licence, languages, whether it is the default
    and whether heads that classify lie beside its encoder."""
    from voc.encoders import DEFAULT_MODEL, list_models

    rows = []
    for model in list_models():
        size = sum(file.stat().st_size for file in model.path.rglob("*") if file.is_file())
        rows.append(
            {
                "name": model.name,
                "id": model.id,
                "default": model.name == DEFAULT_MODEL,
                "megabytes": round(size / 1e6, 1),
                "licence": model.spec.get("licence"),
                "languages": model.spec.get("languages", []),
                "classifies": (model.path / _HEADS).is_file(),
            }
        )
    return rows


def _models(config: Config) -> Iterator[Check]:
    """The model of the settings: its files against their checksums, its heads against the taxonomy."""
    from voc.classify import load_classifier
    from voc.classify.taxonomies import find_taxonomy
    from voc.encoders import resolve_model

    name = config.general.model
    step = f"model {name}"
    try:
        model = resolve_model(name)
        yield Check(step, OK, f"{model.id}: {len(model.spec.get('files', {})) or 'its'} files are as they should be")
        step = f"classifier of {name}"
        yield Check(step, OK, load_classifier(name, find_taxonomy(name, None), config.general.quality).id)
    except ModelError as error:
        yield Check(step, MISSING, error.message, error.hint)


def _cache() -> Check:
    """Where the graph of the model is kept between runs."""
    from voc.encoders.onnx_graph import cache_folder

    folder = cache_folder()
    existing = _existing(folder)
    shown = str(folder).replace(str(Path.home()), "~", 1)
    if not os.access(existing, os.W_OK):
        detail = f"{shown} cannot be written: every run builds the graph of the model again"
        return Check("cache", NOTE, detail, "Set VOC_CACHE_DIR to a folder that can be written.")
    return Check("cache", OK, shown)


def _existing(folder: Path) -> Path:
    """``folder``, or the nearest folder above it that exists."""
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return folder


def _fonts() -> Check:
    """Fonts with Chinese characters, for whoever opens or prints a report on this machine."""
    from voc.report.pdf import CHINESE_FONT, chinese_families

    families = chinese_families()
    if families is None:
        return Check("fonts", NOTE, "fc-list is not there: whether a font has Chinese characters cannot be told")
    if not families:
        detail = "no font has Chinese characters: a Chinese report opened or made as PDF here would show boxes"
        return Check("fonts", NOTE, detail, CHINESE_FONT)
    return Check("fonts", OK, f"{len(families)} families with Chinese characters, such as {families[0]}")


def _pdf() -> Check:
    """Whether report.pdf can be made here."""
    from voc.report.pdf import PANGO, unavailable

    why = unavailable()
    if why is None:
        return Check("pdf", OK, "report.pdf can be made")
    return Check("pdf", NOTE, f"report.pdf cannot be made, all other forms can: {why}", PANGO)


def _disk(workspace: Path) -> Check:
    folder = _existing(workspace)
    if not os.access(folder, os.W_OK):
        return Check("disk", FAULT, f"{workspace} cannot be written", "Choose another workspace with -w.")
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:,.1f} GB free for {workspace}"
    if free < _FREE_BYTES:
        return Check("disk", NOTE, text, "Make room, or choose a workspace on another disk with -w.")
    return Check("disk", OK, text)
