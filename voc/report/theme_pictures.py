"""Two pictures of themes, SVG with a table of the same numbers beside each: a map (what is near to what) and a river
(how much of each theme was heard, week by week; Havre and others 2002).

Every attribute is a presentation attribute and all texts are numbers or weeks, written by an XML writer: nothing that a
customer wrote stands in a picture. Themes carry the number that they have in the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final
from xml.etree import ElementTree

from voc.report.messages import Messages
from voc.report.names import driver_name, week_short
from voc.report.page import Table
from voc.report.value import Report, ThemeEntry
from voc.results import OTHER
from voc.taxonomy import PRAISE

_WIDTH, _HEIGHT = 480, 320
_MARGIN: Final = 34
_RADII: Final = (9.0, 30.0)  # of the smallest and the largest theme on the map
_RIVER: Final = 8  # themes in the river: more could not be told apart
_INK: Final = "#16202a"
_SIDES: Final = {"complaint": "#a63c06", OTHER: "#4a5560", PRAISE: "#00695c"}
_LAYERS: Final = ("#a63c06", "#3e3a8c", "#00695c", "#8a6d00", "#7a2f5f", "#2f6690", "#6b705c", "#b5651d")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture by its ``kind`` (map, river), with its ``name`` and ``intro``; ``table`` holds what it shows."""

    kind: str
    name: str
    intro: str
    svg: str
    table: Table


def pictures(report: Report, themes: list[ThemeEntry], m: Messages) -> tuple[Picture, ...]:
    """The map and the river of ``themes``, those that the page shows; none where there is nothing to draw: fewer than
    three places, fewer than two weeks."""
    nested = sorted(themes, key=lambda t: (_order(report, t), _nested_name(t, m) or "\uffff", -t.documents, t.id))
    numbers = {theme.id: number for number, theme in enumerate(nested, 1)}
    found = []
    placed = [t for t in nested if t.place is not None]
    if len(placed) >= 3:
        found.append(
            Picture(
                "map",
                m("themes.map"),
                m("themes.map_intro"),
                _map(placed, numbers, m),
                _map_table(report, placed, numbers, m),
            )
        )
    weeks = report.themes.weeks
    flowing = [t for t in nested if t.side != PRAISE and len(t.weekly) == len(weeks) and any(t.weekly)]
    flowing = sorted(flowing, key=lambda t: (-sum(t.weekly), t.id))[:_RIVER]
    if len(weeks) >= 2 and flowing:
        flowing.sort(key=lambda t: numbers[t.id])
        river = _river(flowing, numbers, weeks, m)
        table = _river_table(flowing, numbers, weeks, m)
        found.append(Picture("river", m("themes.river"), m("themes.river_intro"), river, table))
    return tuple(found)


def _order(report: Report, theme: ThemeEntry) -> tuple[bool, int]:
    keys = [d.key for d in report.drivers]
    return theme.side == PRAISE, keys.index(theme.driver) if theme.driver in keys else len(keys)


def _nested_name(theme: ThemeEntry, m: Messages) -> str:
    return m.name(theme.sub_names) if theme.sub_names else ""


def _map_table(report: Report, themes: list[ThemeEntry], numbers: dict[str, int], m: Messages) -> Table:
    """Driver, sub-driver, theme: one row a theme, in this order."""
    head = ("number", "driver", "sub_driver", "theme", "documents")
    rows = tuple(
        (
            str(numbers[t.id]),
            m("themes.praise", driver=driver_name(report, t.driver, m))
            if t.side == PRAISE
            else driver_name(report, t.driver, m),
            _nested_name(t, m) or "–",
            m.name(t.labels),
            m.count(t.documents),
        )
        for t in themes
    )
    return Table(tuple(m(f"themes.{key}") for key in head), rows)


def _river_table(themes: list[ThemeEntry], numbers: dict[str, int], weeks: tuple[str, ...], m: Messages) -> Table:
    head = (m("themes.theme"), *(week_short(week, m) for week in weeks))
    rows = tuple((f"{numbers[t.id]} {m.name(t.labels)}", *(m.count(n) for n in t.weekly)) for t in themes)
    return Table(head, rows)


def _map(themes: list[ThemeEntry], numbers: dict[str, int], m: Messages) -> str:
    root = _root("map", m("themes.map"), m("themes.map_intro"))
    most = max(t.documents for t in themes)
    for theme in sorted(themes, key=lambda t: (-t.documents, t.id)):  # small ones lie on top
        x, y = theme.place or (0.0, 0.0)
        across = _MARGIN + (x + 1) / 2 * (_WIDTH - 2 * _MARGIN)
        down = _MARGIN + (1 - y) / 2 * (_HEIGHT - 2 * _MARGIN)
        radius = max(_RADII[0], _RADII[1] * sqrt(theme.documents / max(most, 1)))
        side = PRAISE if theme.side == PRAISE else OTHER if theme.driver == OTHER else "complaint"
        stroke = {"stroke": _INK, "stroke-width": "3"} if theme.emergence else {"stroke": _SIDES[side]}
        circle = {"cx": _n(across), "cy": _n(down), "r": _n(radius), "fill": _SIDES[side], "fill-opacity": "0.22"}
        ElementTree.SubElement(root, "circle", {**circle, **stroke})
        _text(root, across, down + 4, str(numbers[theme.id]), "middle")
    return ElementTree.tostring(root, encoding="unicode")


def _river(themes: list[ThemeEntry], numbers: dict[str, int], weeks: tuple[str, ...], m: Messages) -> str:
    root = _root("river", m("themes.river"), m("themes.river_intro"))
    totals = [sum(t.weekly[w] for t in themes) for w in range(len(weeks))]
    unit = (_HEIGHT - 2 * _MARGIN) / max(*totals, 1)
    step = (_WIDTH - 2 * _MARGIN) / (len(weeks) - 1)
    across = [_MARGIN + step * w for w in range(len(weeks))]
    tops = [_HEIGHT / 2 - total * unit / 2 for total in totals]
    for layer, theme in enumerate(themes):
        bottoms = [top + n * unit for top, n in zip(tops, theme.weekly, strict=True)]
        upper = [f"{_n(x)} {_n(y)}" for x, y in zip(across, tops, strict=True)]
        lower = [f"{_n(x)} {_n(y)}" for x, y in zip(across, bottoms, strict=True)]
        line = "M" + "L".join([*upper, *reversed(lower)]) + "Z"
        colour = {"fill": _LAYERS[layer % len(_LAYERS)], "fill-opacity": "0.62", "stroke": "#fff"}
        ElementTree.SubElement(root, "path", {"d": line, **colour})
        widest = max(range(len(weeks)), key=lambda w: (theme.weekly[w], w))
        inside = min(max(across[widest], _MARGIN + 10), _WIDTH - _MARGIN - 10)
        _text(root, inside, (tops[widest] + bottoms[widest]) / 2 + 4, str(numbers[theme.id]), "middle")
        tops = bottoms
    for at, anchor in ((0, "start"), (len(weeks) - 1, "end")):
        _text(root, across[at], _HEIGHT - 8, week_short(weeks[at], m), anchor)
    return ElementTree.tostring(root, encoding="unicode")


def _root(kind: str, title: str, description: str) -> ElementTree.Element:
    found = ElementTree.Element(
        "svg",
        {
            "viewBox": f"0 0 {_WIDTH} {_HEIGHT}",
            "class": "chart",
            "role": "img",
            "aria-labelledby": f"themes-{kind}-title themes-{kind}-desc",
            "font-size": "12",
        },
    )
    for tag, text in (("title", title), ("desc", description)):
        ElementTree.SubElement(found, tag, {"id": f"themes-{kind}-{tag}"}).text = text
    return found


def _text(root: ElementTree.Element, x: float, y: float, text: str, anchor: str) -> None:
    place = {"x": _n(x), "y": _n(y), "fill": _INK, "text-anchor": anchor}
    ElementTree.SubElement(root, "text", place).text = text


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
