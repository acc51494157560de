"""The taxonomy of churn drivers: data (taxonomy.toml), versioned, extensible by a company."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from voc.errors import ConfigError

COMPLAINT, PRAISE = "complaint", "praise"


@dataclass(frozen=True, slots=True)
class SubDriver:
    """A finer reason under a driver; ``name`` maps a language to its name."""

    key: str
    name: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Driver:
    """A churn driver with its praise side. ``name``, ``praise_name`` and ``definition`` map a language to a text."""

    key: str
    code: str
    name: Mapping[str, str]
    praise_name: Mapping[str, str]
    definition: Mapping[str, str]
    subdrivers: tuple[SubDriver, ...]


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The drivers in the order in which customers leave over them, and the version they were written under."""

    version: str
    drivers: tuple[Driver, ...]
    leave_name: Mapping[str, str]

    @property
    def labels(self) -> tuple[str, ...]:
        """All outputs of a classifier, in order: complaints, praises, leave."""
        keys = [d.key for d in self.drivers]
        return (*(f"{k}.{COMPLAINT}" for k in keys), *(f"{k}.{PRAISE}" for k in keys), "leave")

    @property
    def complaint_labels(self) -> tuple[str, ...]:
        """The complaint labels, in the order of the drivers."""
        return tuple(f"{d.key}.{COMPLAINT}" for d in self.drivers)

    def driver(self, key: str) -> Driver:
        """The driver named ``key``; ConfigError where there is none."""
        for driver in self.drivers:
            if driver.key == key:
                return driver
        known = ", ".join(d.key for d in self.drivers)
        raise ConfigError(f"there is no driver {key!r}", f"The taxonomy has: {known}.")


def parse_taxonomy(text: str, origin: str) -> Taxonomy:
    """A taxonomy from TOML text; ConfigError names ``origin`` and what is wrong in it."""
    try:
        data = tomllib.loads(text)
        drivers = tuple(_driver(key, entry) for key, entry in data["drivers"].items())
        version = f"{data['id']}-{data['version']}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
        return Taxonomy(version, drivers, dict(data["leave"]["name"]))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{origin} is not a taxonomy: {error!r}", "Compare it with voc/taxonomy.toml.") from error


def _driver(key: str, entry: Mapping[str, object]) -> Driver:
    subs = entry["subdrivers"]
    if not isinstance(subs, dict):
        raise TypeError(f"drivers.{key}.subdrivers is not a table")
    return Driver(
        key=key,
        code=str(entry["code"]),
        name=_names(entry["name"]),
        praise_name=_names(entry["praise"]),
        definition=_names(entry["definition"]),
        subdrivers=tuple(SubDriver(k, _names(v)) for k, v in subs.items()),
    )


def _names(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or "en" not in value:
        raise TypeError(f"expected names by language with at least 'en', got {value!r}")
    return {str(k): str(v) for k, v in value.items()}


@cache
def default_taxonomy() -> Taxonomy:
    """The taxonomy that ships with voc."""
    return parse_taxonomy(resources.files("voc").joinpath("taxonomy.toml").read_text("utf-8"), "taxonomy.toml")
