"""Settings: defaults.toml, then voc.toml of the workspace, then options; an unknown key is an error.

A key is named ``section.key`` (``report.language``). In voc.toml the keys of ``general`` may also stand at the top of
the file, without a section: ``timezone = "Asia/Shanghai"``.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from voc.errors import ConfigError

CONFIG_NAME: Final = "voc.toml"
LANGUAGES: Final = ("en", "zh-Hans", "zh-Hant")
CLUSTERERS: Final = ("ward", "kmeans", "hdbscan", "fast_hdbscan", "evoc", "cuml")
DEFAULT, OPTION = "default", "option"
_DOMAIN: Final = re.compile(r"[^\s@.,;:/]{1,63}(?:\.[^\s@.,;:/]{1,63})+")


@dataclass(frozen=True, slots=True)
class GeneralConfig:
    """Settings of everything. ``timezone`` is a valid IANA name; ``threads`` is 0 (all cores) or more."""

    timezone: str
    company: str
    model: str
    threads: int


@dataclass(frozen=True, slots=True)
class IngestConfig:
    """Settings of reading. ``max_reject_share`` is in 0..1; ``agents`` and ``customers`` are names or labels of
    speakers."""

    max_reject_share: float
    agents: tuple[str, ...]
    customers: tuple[str, ...]
    company_domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportConfig:
    """Settings of the report. ``language`` is one of ``LANGUAGES``; ``quotes`` is in 1..20."""

    language: str
    quotes: int


@dataclass(frozen=True, slots=True)
class ThemesConfig:
    """Settings of the themes. ``window_weeks`` is in 1..104, ``min_documents`` >= 2, ``max_themes`` in 1..200,
    ``clusterer`` one of ``CLUSTERERS``."""

    window_weeks: int
    min_documents: int
    max_themes: int
    clusterer: str


@dataclass(frozen=True, slots=True)
class LoopConfig:
    """Who calls customers back. ``routes`` are rules such as "driver=neglect channel=email: Support lead", the first
    that fits wins (see voc.loop.routes); ``owner`` is for all other cases."""

    owner: str
    routes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Config:
    """All settings, typed and checked, and where each came from."""

    general: GeneralConfig
    ingest: IngestConfig
    report: ReportConfig
    themes: ThemesConfig
    loop: LoopConfig
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which days and weeks begin."""
        return ZoneInfo(self.general.timezone)

    def origin(self, key: str) -> str:
        """Where the value of ``section.key`` came from: "default", the path of the voc.toml, or "option"."""
        if key not in self.origins:
            raise _unknown(key, "the settings")
        return self.origins[key]

    def items(self) -> Iterator[tuple[str, object, str]]:
        """(key, value, origin) of every setting, in the order of defaults.toml."""
        for key, origin in self.origins.items():
            section, name = key.split(".")
            yield key, getattr(getattr(self, section), name), origin


_LOW_HIGH: Final[Mapping[str, tuple[float, float]]] = {
    "general.threads": (0, 1024),
    "ingest.max_reject_share": (0, 1),
    "report.quotes": (1, 20),
    "themes.window_weeks": (1, 104),
    "themes.min_documents": (2, 1_000_000),
    "themes.max_themes": (1, 200),
}


def load_config(workspace: Path | None, overrides: Mapping[str, object] | None = None) -> Config:
    """The settings for ``workspace`` (None, or one without a voc.toml: defaults), with ``overrides`` on top.

    ``overrides`` maps ``section.key`` to a value; None as a value means "not given". ConfigError names the key, the
    file and the nearest known key.
    """
    values = dict(_defaults())
    origins = dict.fromkeys(values, DEFAULT)
    if workspace is not None:
        path = workspace / CONFIG_NAME
        for key, value in _read(path).items():
            values[key] = _checked(key, value, str(path))
            origins[key] = str(path)
    for key, value in (overrides or {}).items():
        if value is not None:
            values[key] = _checked(key, value, "the options")
            origins[key] = OPTION
    return _build(values, origins)


def config_template() -> str:
    """Text of a new voc.toml: every default with its explanation, each setting commented out, so that a later version
    of voc may change a default that nobody has chosen.
    """
    lines = ["# Remove the # before a setting to change it."]
    for line in _defaults_text().splitlines():
        is_setting = bool(line) and not line.startswith(("#", "["))
        lines.append(f"#{line}" if is_setting else line)
    return "\n".join(lines) + "\n"


def write_config(workspace: Path) -> bool:
    """Writes a commented voc.toml (mode 0600) into the existing folder ``workspace``; False if there is one already,
    which stays as it is.
    """
    path = workspace / CONFIG_NAME
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}", "Check the rights of the workspace.") from error
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write(config_template())
    return True


def _build(values: Mapping[str, object], origins: Mapping[str, str]) -> Config:
    def part(section: str) -> dict[str, object]:
        return {key.split(".")[1]: value for key, value in values.items() if key.startswith(section + ".")}

    return Config(
        general=GeneralConfig(**part("general")),  # type: ignore[arg-type]  # _checked gave each value the type of its default
        ingest=IngestConfig(**part("ingest")),  # type: ignore[arg-type]
        report=ReportConfig(**part("report")),  # type: ignore[arg-type]
        themes=ThemesConfig(**part("themes")),  # type: ignore[arg-type]
        loop=LoopConfig(**part("loop")),  # type: ignore[arg-type]
        origins=origins,
    )


def _defaults_text() -> str:
    return resources.files("voc").joinpath("defaults.toml").read_text("utf-8")


@cache
def _defaults() -> Mapping[str, object]:
    data = tomllib.loads(_defaults_text())
    values = {
        f"{section}.{name}": tuple(value) if isinstance(value, list) else value
        for section, entries in data.items()
        for name, value in entries.items()
    }
    sections = {
        "general": GeneralConfig,
        "ingest": IngestConfig,
        "report": ReportConfig,
        "themes": ThemesConfig,
        "loop": LoopConfig,
    }
    known = {f"{section}.{f.name}" for section, kind in sections.items() for f in fields(kind)}
    if known != set(values):
        raise ConfigError(f"defaults.toml and voc/config.py differ in {sorted(known ^ set(values))}")
    return values


def _read(path: Path) -> dict[str, object]:
    """Settings of a voc.toml by ``section.key``; none where there is no such file."""
    try:
        text = path.read_bytes().decode("utf-8-sig")  # editors on Windows put a byte order mark there
        data = tomllib.loads(text)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}", "Check the rights of the file.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text (byte {error.start})", "Save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}", 'Text goes between quotes: timezone = "UTC".') from error
    sections = {key.split(".")[0] for key in _defaults()}
    values: dict[str, object] = {}
    for name, value in data.items():
        if isinstance(value, dict) and name in sections:
            entries = {f"{name}.{key}": entry for key, entry in value.items()}
        elif f"general.{name}" in _defaults():
            entries = {f"general.{name}": value}
        else:
            raise _unknown(name, str(path))
        for key, entry in entries.items():
            if key not in _defaults():
                raise _unknown(key, str(path))
            if key in values:
                raise ConfigError(f"{path} sets {key} twice", "Keep one of the two lines.")
            values[key] = entry
    return values


def _unknown(key: str, where: str) -> ConfigError:
    known = list(_defaults())
    # A key without its section is looked up by its last part, so that `quotes = 5` leads to report.quotes.
    by_name = {name: name for name in known} | {name.split(".")[0]: f"[{name.split('.')[0]}]" for name in known}
    by_name |= {name.split(".")[1]: name for name in known}
    near = difflib.get_close_matches(key, list(by_name), n=1, cutoff=0.6)
    if not near:
        near = difflib.get_close_matches(key.rsplit(".", 1)[-1], list(by_name), n=1, cutoff=0.6)
    hint = f"Did you mean {by_name[near[0]]}?" if near else f"Known are: {', '.join(known)}."
    return ConfigError(f"unknown key {key!r} in {where}", hint)


def _checked(key: str, value: object, where: str) -> object:
    """``value`` in the type of the default of ``key``; ConfigError where it does not fit."""
    if key not in _defaults():
        raise _unknown(key, where)
    default = _defaults()[key]
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if isinstance(default, tuple) and isinstance(value, list):
        value = tuple(value)
    texts = not isinstance(value, tuple) or all(isinstance(one, str) for one in value)
    if type(value) is not type(default) or not texts:
        expected = {str: "a text", int: "a whole number", float: "a number", tuple: "a list of texts"}[type(default)]
        raise ConfigError(
            f"{key} in {where} is {value!r}, not {expected}", f"For example: {key} = {toml_value(default)}"
        )
    problem = _problem(key, value)
    if problem:
        raise ConfigError(f"{key} in {where} is {value!r}: {problem}", f"For example: {key} = {toml_value(default)}")
    return value


def _problem(key: str, value: object) -> str | None:
    if isinstance(value, int | float) and key in _LOW_HIGH:
        low, high = _LOW_HIGH[key]
        return None if low <= value <= high else f"it has to be from {low} to {high}"
    if key == "report.language" and value not in LANGUAGES:
        return f"it has to be one of {', '.join(LANGUAGES)}"
    if key == "themes.clusterer" and value not in CLUSTERERS:
        return f"it has to be one of {', '.join(CLUSTERERS)}"
    if key == "ingest.company_domains" and isinstance(value, tuple):
        bad = next((one for one in value if not _DOMAIN.fullmatch(one)), None)
        return f"{bad!r} is no domain" if bad is not None else None
    if key == "general.model" and not value:
        return "it names no model"
    if key == "general.timezone" and not _is_zone(str(value)):
        return "there is no such zone"
    return None


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError; a path or a folder gives the others
        return False
    return True


def toml_value(value: object) -> str:
    """A setting as voc.toml has it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)
