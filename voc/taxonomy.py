"""The taxonomy of churn drivers: data (taxonomy.toml), versioned, extensible by a company."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from voc.errors import ConfigError

COMPLAINT, PRAISE = "complaint", "praise"
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_PRAISE_NAMES = {"en": "{} (praise)", "zh-Hans": "{}（好评）", "zh-Hant": "{}（好評）"}


@dataclass(frozen=True, slots=True)
class SubDriver:
    """A finer reason under a driver; ``name`` maps a language to its name."""

    key: str
    name: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Driver:
    """A churn driver with its praise side. ``name``, ``praise_name`` and ``definition`` map a language to a text;
    ``examples`` are sentences that show the complaint."""

    key: str
    code: str
    name: Mapping[str, str]
    praise_name: Mapping[str, str]
    definition: Mapping[str, str]
    subdrivers: tuple[SubDriver, ...]
    examples: tuple[str, ...] = ()


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
    """A taxonomy from TOML text; ConfigError names ``origin`` and what is wrong in it.

    With ``extends = "churn-drivers"`` its drivers come after those that ship with voc.
    """
    try:
        data = tomllib.loads(text)
        base = _extended(data)
        own = tuple(_driver(key, entry) for key, entry in data["drivers"].items())
        drivers = (*base.drivers, *own) if base else own
        _check(drivers)
        whole = text + base.version if base else text
        version = f"{data['id']}-{data['version']}-{hashlib.sha256(whole.encode()).hexdigest()[:8]}"
        return Taxonomy(version, drivers, base.leave_name if base else dict(data["leave"]["name"]))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
        what = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        hint = (
            'It needs id, version, extends = "churn-drivers", and for each driver [drivers.<key>] with name = { en = '
            '"..." } and definition = { en = "..." }; code, praise, subdrivers and examples may be left out.'
        )
        raise ConfigError(f"{origin} is not a taxonomy: {what}", hint) from error


def load_taxonomy(path: Path) -> Taxonomy:
    """The taxonomy in the file ``path``; ConfigError where it cannot be read or is none."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the taxonomy {path}: {error}", "Give a TOML file in UTF-8.") from error
    return parse_taxonomy(text, str(path))


def _extended(data: Mapping[str, object]) -> Taxonomy | None:
    """The taxonomy that ``extends`` names."""
    if "extends" not in data:
        return None
    base = default_taxonomy()
    if data["extends"] != base.version.rsplit("-", 2)[0]:
        raise ValueError(f"extends names {data['extends']!r}; there is only {base.version.rsplit('-', 2)[0]!r}")
    return base


def _check(drivers: tuple[Driver, ...]) -> None:
    """ValueError unless keys are plain words, and no key or code names two drivers."""
    names: list[str] = []
    for driver in drivers:
        if not _KEY.fullmatch(driver.key) or driver.key == "leave":
            raise ValueError(f"the key {driver.key!r} has to be small letters, digits and _, and not 'leave'")
        names += {driver.key, driver.code}
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} names two drivers")


def _driver(key: str, entry: Mapping[str, object]) -> Driver:
    subs, examples, name = entry.get("subdrivers", {}), entry.get("examples", []), _names(entry["name"])
    if not isinstance(subs, dict):
        raise TypeError(f"drivers.{key}.subdrivers is not a table")
    if not isinstance(examples, list) or not all(isinstance(one, str) and one.strip() for one in examples):
        raise TypeError(f"drivers.{key}.examples is not a list of texts")
    praise = {language: _PRAISE_NAMES.get(language, "{} (praise)").format(word) for language, word in name.items()}
    return Driver(
        key=key,
        code=str(entry.get("code", key)),
        name=name,
        praise_name=_names(entry["praise"]) if "praise" in entry else praise,
        definition=_names(entry["definition"]),
        subdrivers=tuple(SubDriver(k, _names(v)) for k, v in subs.items()),
        examples=tuple(examples),
    )


def _names(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or "en" not in value:
        raise TypeError(f"expected names by language with at least 'en', got {value!r}")
    return {str(k): str(v) for k, v in value.items()}


@cache
def default_taxonomy() -> Taxonomy:
    """The taxonomy that ships with voc."""
    return parse_taxonomy(resources.files("voc").joinpath("taxonomy.toml").read_text("utf-8"), "taxonomy.toml")
