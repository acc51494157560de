"""Whose case it is: rules of voc.toml, the first that fits wins."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from voc.documents import CHANNELS
from voc.errors import ConfigError

_RULE: Final = re.compile(r"\s*(?P<what>[^:]*?)\s*:\s*(?P<owner>\S.*?)\s*")
_EXAMPLE: Final = 'For example: routes = ["driver=neglect channel=email: Support lead"]'


@dataclass(frozen=True, slots=True)
class Route:
    """Cases of a driver, a channel, a language (each None for any) belong to ``owner``."""

    owner: str
    driver: str | None = None
    channel: str | None = None
    language: str | None = None

    def fits(self, drivers: Collection[str], channel: str, language: str) -> bool:
        """Whether it is for such a case. ``language`` zh fits zh-Hans and zh-Hant."""
        return (
            (self.driver is None or self.driver in drivers)
            and (self.channel is None or self.channel == channel)
            and (self.language is None or language == self.language or language.startswith(f"{self.language}-"))
        )


def parse_routes(rules: Iterable[str], drivers: Collection[str]) -> list[Route]:
    """Rules such as ``driver=neglect channel=email: Support lead``. ConfigError names the rule and what is wrong."""
    return [_parse(rule, drivers) for rule in rules]


def owner_of(routes: Sequence[Route], default: str, drivers: Collection[str], channel: str, language: str) -> str:
    """The owner by the first rule that fits, else ``default``."""
    return next((r.owner for r in routes if r.fits(drivers, channel, language)), default)


def _parse(rule: str, drivers: Collection[str]) -> Route:
    match = _RULE.fullmatch(rule)
    if match is None or not match["what"]:
        raise ConfigError(f"loop.routes in voc.toml holds {rule!r}, which is no rule", _EXAMPLE)
    known = {"driver": drivers, "channel": CHANNELS, "language": None}
    found: dict[str, str] = {}
    for part in match["what"].split():
        name, equals, value = part.partition("=")
        if not equals or not value or name not in known or name in found:
            raise ConfigError(f"loop.routes in voc.toml: {part!r} in {rule!r} is no condition", _EXAMPLE)
        values = known[name]
        if values is not None and value not in values:
            raise ConfigError(
                f"loop.routes in voc.toml: there is no {name} {value!r} ({rule!r})", f"There are: {', '.join(values)}."
            )
        found[name] = value
    return Route(match["owner"], **found)
