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

from voc.channels import Channel, looks_secret, parse_channel, secret_refused
from voc.errors import ConfigError

CONFIG_NAME: Final = "voc.toml"
LANGUAGES: Final = ("en", "zh-Hans", "zh-Hant")
UI_LANGUAGES: Final = (*LANGUAGES, "auto")
QUALITIES: Final = ("fast", "balanced", "full")
ENGINES: Final = ("local", "ray")
CLUSTERERS: Final = ("ward", "kmeans", "hdbscan", "fast_hdbscan", "evoc", "cuml")
DEFAULT, OPTION, DELIVER = "default", "option", "deliver"
_ALLOWED_HOST: Final = re.compile(r"(?:\*\.)?[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?", re.ASCII | re.IGNORECASE)
_DEVICE: Final = re.compile(r"auto|cpu|cuda(?::\d{1,3})?", re.ASCII)
_ADDRESS: Final = re.compile(r"|auto|[\w.:\[\]-]{1,253}:\d{1,5}", re.ASCII)
_DOMAIN: Final = re.compile(r"[^\s@.,;:/]{1,63}(?:\.[^\s@.,;:/]{1,63})+")


@dataclass(frozen=True, slots=True)
class GeneralConfig:
    """Settings of everything. ``timezone`` is a valid IANA name; ``threads`` is 0 (all cores) or more; ``device`` is
    "cpu", "cuda", "cuda:N" or "auto"; ``quality`` one of ``QUALITIES``; ``engine`` one of ``ENGINES``; ``address`` of a
    Ray cluster, "" for one of this machine alone; ``ui_language`` one of ``UI_LANGUAGES``."""

    timezone: str
    company: str
    model: str
    threads: int
    device: str
    quality: str
    engine: str
    address: str
    ui_language: str


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
    """Settings of the report. ``language`` is one of ``LANGUAGES``; ``quotes`` is in 1..20; ``pdf``: whether there is a
    report.pdf, too."""

    language: str
    quotes: int
    pdf: bool


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
class DeliverConfig:
    """How reports are sent. ``allowed_hosts`` are hosts of webhooks beside those of the services, ``*.example.com``
    allows all below; ``attempts`` is in 1..10, ``backoff`` seconds lie between the first two, ``timeout`` seconds are
    waited for a server."""

    allowed_hosts: tuple[str, ...]
    private_addresses: bool
    attempts: int
    backoff: float
    timeout: float


@dataclass(frozen=True, slots=True)
class RetentionConfig:
    """How long words are kept: ``days`` is 0 (for ever) or more."""

    days: int


@dataclass(frozen=True, slots=True)
class Config:
    """All settings, typed and checked, and where each came from."""

    general: GeneralConfig
    ingest: IngestConfig
    report: ReportConfig
    themes: ThemesConfig
    loop: LoopConfig
    deliver: DeliverConfig
    retention: RetentionConfig
    channels: Mapping[str, Channel] = field(default_factory=dict)
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
        for channel in self.channels.values():
            for key in ("kind", *(spec.name for spec in fields(channel) if spec.name not in ("name", "kind"))):
                yield f"{DELIVER}.{channel.name}.{key}", getattr(channel, key), CONFIG_NAME


_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "general.quality": QUALITIES,
    "general.ui_language": UI_LANGUAGES,
    "general.engine": ENGINES,
    "report.language": LANGUAGES,
    "themes.clusterer": CLUSTERERS,
}
_LOW_HIGH: Final[Mapping[str, tuple[float, float]]] = {
    "general.threads": (0, 1024),
    "ingest.max_reject_share": (0, 1),
    "report.quotes": (1, 20),
    "themes.window_weeks": (1, 104),
    "themes.min_documents": (2, 1_000_000),
    "themes.max_themes": (1, 200),
    "retention.days": (0, 36_500),
    "deliver.attempts": (1, 10),
    "deliver.backoff": (0, 60),
    "deliver.timeout": (0.1, 600),
}


def load_config(workspace: Path | None, overrides: Mapping[str, object] | None = None) -> Config:
    """The settings for ``workspace`` (None, or one without a voc.toml: defaults), with ``overrides`` on top.

    ``overrides`` maps ``section.key`` to a value; None as a value means "not given". ConfigError names the key, the
    file and the nearest known key.
    """
    values = dict(_defaults())
    origins = dict.fromkeys(values, DEFAULT)
    channels: dict[str, Channel] = {}
    if workspace is not None:
        path = workspace / CONFIG_NAME
        data = _read(path)
        channels = _channels(data, str(path))
        for key, value in _settings(data, path).items():
            values[key] = _checked(key, value, str(path))
            origins[key] = str(path)
    for key, value in (overrides or {}).items():
        if value is not None:
            values[key] = _checked(key, value, "the options")
            origins[key] = OPTION
    return _build(values, origins, channels)


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


def _build(values: Mapping[str, object], origins: Mapping[str, str], channels: Mapping[str, Channel]) -> Config:
    def part(section: str) -> dict[str, object]:
        return {key.split(".")[1]: value for key, value in values.items() if key.startswith(section + ".")}

    return Config(
        general=GeneralConfig(**part("general")),  # type: ignore[arg-type]  # _checked gave each value the type of its default
        ingest=IngestConfig(**part("ingest")),  # type: ignore[arg-type]
        report=ReportConfig(**part("report")),  # type: ignore[arg-type]
        themes=ThemesConfig(**part("themes")),  # type: ignore[arg-type]
        loop=LoopConfig(**part("loop")),  # type: ignore[arg-type]
        deliver=DeliverConfig(**part("deliver")),  # type: ignore[arg-type]
        retention=RetentionConfig(**part("retention")),  # type: ignore[arg-type]
        channels=channels,
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
        "deliver": DeliverConfig,
        "retention": RetentionConfig,
    }
    known = {f"{section}.{f.name}" for section, kind in sections.items() for f in fields(kind)}
    if known != set(values):
        raise ConfigError(f"defaults.toml and voc/config.py differ in {sorted(known ^ set(values))}")
    return values


def _read(path: Path) -> dict[str, object]:
    """What a voc.toml holds; nothing where there is no such file."""
    try:
        text = path.read_bytes().decode("utf-8-sig")  # editors on Windows put a byte order mark there
        return tomllib.loads(text)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}", "Check the rights of the file.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text (byte {error.start})", "Save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}", 'Text goes between quotes: timezone = "UTC".') from error


def _channels(data: Mapping[str, object], path: str) -> dict[str, Channel]:
    """The tables below [deliver], by name."""
    section = data.get(DELIVER)
    tables = section if isinstance(section, dict) else {}
    for key, value in tables.items():
        if looks_secret(key) and not isinstance(value, dict):
            raise secret_refused(f"{DELIVER}.{key}", path, f"VOC_{key.upper()}")
    return {name: parse_channel(name, table, path) for name, table in tables.items() if isinstance(table, dict)}


def _settings(data: Mapping[str, object], path: Path) -> dict[str, object]:
    """Settings by ``section.key``."""
    sections = {key.split(".")[0] for key in _defaults()}
    values: dict[str, object] = {}
    for name, value in data.items():
        if isinstance(value, dict) and name in sections:
            below = {key for key, entry in value.items() if name == DELIVER and isinstance(entry, dict)}
            entries = {f"{name}.{key}": entry for key, entry in value.items() if key not in below}
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
        expected = {
            str: "a text",
            bool: "true or false",
            int: "a whole number",
            float: "a number",
            tuple: "a list of texts",
        }[type(default)]
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
    if key in _CHOICES and value not in _CHOICES[key]:
        return f"it has to be one of {', '.join(_CHOICES[key])}"
    if key == "ingest.company_domains" and isinstance(value, tuple):
        bad = next((one for one in value if not _DOMAIN.fullmatch(one)), None)
        return f"{bad!r} is no domain" if bad is not None else None
    if key == "deliver.allowed_hosts" and isinstance(value, tuple):
        bad = next((one for one in value if not _ALLOWED_HOST.fullmatch(one)), None)
        return f"{bad!r} is no host" if bad is not None else None
    if key == "general.device" and not _DEVICE.fullmatch(str(value)):
        return "it has to be cpu, cuda, cuda:N or auto"
    if key == "general.address" and not _ADDRESS.fullmatch(str(value)):
        return "it has to be auto or host:port"
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
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
