"""What weeks, series and drivers are called in a language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from voc.report.messages import Messages
from voc.report.value import ALL, DriverName
from voc.results import LEAVE, OTHER
from voc.taxonomy import COMPLAINT, PRAISE
from voc.weeks import Week


class Named(Protocol):
    """A report as far as it names its series."""

    @property
    def drivers(self) -> tuple[DriverName, ...]:
        """How the drivers and their praise sides are called."""

    @property
    def leave_name(self) -> Mapping[str, str]:
        """How leaving is called, by language."""


def week_short(week: str, m: Messages) -> str:
    """``2026-W46`` -> ``W46`` as the language writes it."""
    return m("head.all") if week == ALL else m("format.week_short", number=Week.parse(week).number)


def series_name(report: Named, label: str, m: Messages) -> str:
    """The name of a label; the label itself where the taxonomy of the report lacks it."""
    if label == LEAVE:
        return m.name(report.leave_name)
    key, _, side = label.partition(".")
    for driver in report.drivers:
        if driver.key == key:
            return m.name(driver.praise_name if side == PRAISE else driver.name)
    return label


def driver_name(report: Named, key: str, m: Messages) -> str:
    """The name of a driver; the key itself where the taxonomy of the report lacks it."""
    if key == OTHER:
        return m("themes.other")
    return series_name(report, f"{key}.{COMPLAINT}", m) if key in {d.key for d in report.drivers} else key


def driver_inline(report: Named, key: str, m: Messages) -> str:
    """The name of a driver as it stands inside a sentence."""
    for driver in report.drivers:
        if driver.key == key:
            return m.inline(driver.name)
    return key


def side_name(report: Named, label: str, m: Messages) -> str:
    """The name of a label that says which side is meant: ``Courtesy (praise)``."""
    name = series_name(report, label, m)
    return m("subject.praise_name", driver=name) if label.endswith(f".{PRAISE}") else name


def subject(report: Named, label: str, m: Messages) -> str:
    """What a label counts, as the subject of a sentence."""
    if label == LEAVE:
        return m("subject.leave")
    key, _, side = label.partition(".")
    for driver in report.drivers:
        if driver.key == key:
            names = driver.praise_name if side == PRAISE else driver.name
            return m(f"subject.{side}", driver=m.inline(names))
    return label
