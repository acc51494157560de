"""Weekly charts: static SVG from matplotlib, cleaned so that it can be inlined under a strict Content-Security-Policy.

matplotlib writes ``style`` attributes and a ``<style>`` element, which the policy blocks; both become presentation
attributes. Text stays text (numbers and week names only; all words stand in the page around the chart), so the
browser sets it in the fonts of the page.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree

if TYPE_CHECKING:
    from matplotlib.axes import Axes

from voc.report.value import Report
from voc.results import LEAVE, NO_SIGNAL, Cell, Trend, WeekRow
from voc.taxonomy import COMPLAINT, PRAISE

MAX_WEEKS: Final = 53
COMPLAINT_COLOUR, PRAISE_COLOUR, LEAVE_COLOUR = "#a63c06", "#00695c", "#3e3a8c"
_MEAN, _AXIS, _TEXT, _SIGNAL = "#4a5560", "#c9d0d6", "#3d4852", "#16202a"
_WIDTH, _HEIGHT = 340, 212  # CSS pixels, so that text of 11 units is text of 11 pixels
_FONT: Final = 11
_DOTS_UP_TO: Final = 30  # with more weeks the dots would run into each other
_TICKS: Final = 5
_SVG: Final = "{http://www.w3.org/2000/svg}"
_HREF: Final = "{http://www.w3.org/1999/xlink}href"
_LONG_NUMBER: Final = re.compile(r"-?\d+\.\d{3,}")
_FONT_SHORTHAND: Final = re.compile(r"(?:(?P<weight>bold|\d{3})\s+)?(?P<size>[\d.]+)px\b.*")
# What matplotlib may write into style; anything else would silently be lost, so it is an error.
_ATTRIBUTES: Final = frozenset(
    (
        *("fill", "fill-opacity", "fill-rule", "opacity", "clip-path", "text-anchor", "font-weight"),
        *("stroke", "stroke-width", "stroke-opacity", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit"),
        *("stroke-dasharray", "stroke-dashoffset"),
    )
)


@dataclass(frozen=True, slots=True)
class Series:
    """What one chart shows: cells and what was tested in the order of ``weeks``, and the colour of the line."""

    weeks: tuple[WeekRow, ...]
    cells: tuple[Cell, ...]
    trends: tuple[Trend | None, ...]
    praise: tuple[Cell, ...]
    colour: str

    @property
    def signals(self) -> tuple[str, ...]:
        """The weeks with a signal."""
        marked = zip(self.weeks, self.trends, strict=True)
        return tuple(week.week for week, trend in marked if trend and trend.signal != NO_SIGNAL)


def chart_series(report: Report, label: str) -> Series | None:
    """The series of a complaint or of leave; None where there are fewer than two weeks to draw."""
    weeks = report.weeks[-MAX_WEEKS:]
    if len(weeks) < 2:
        return None
    cells, trends = tuple(w.cells[label] for w in weeks), tuple(w.trends.get(label) for w in weeks)
    if label == LEAVE:
        return Series(weeks, cells, trends, (), LEAVE_COLOUR)
    praise = label.removesuffix(COMPLAINT) + PRAISE
    return Series(weeks, cells, trends, tuple(w.cells[praise] for w in weeks), COMPLAINT_COLOUR)


def draw(series: Series, *, name: str, title: str, description: str, week_name: Callable[[str], str]) -> str:
    """The chart as one ``<svg>`` element without style, script or outside reference.

    ``name`` (letters and digits) prefixes every id, so that several charts can stand on one page; ``title`` and
    ``description`` are for readers who do not see it; ``week_name`` gives the tick text of ``2026-W46``.
    """
    return _clean(_plot(series), name, title, description, week_name)


def _plot(series: Series) -> str:
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context():
        mpl.rcdefaults()  # a matplotlibrc of the user must not change the report
        mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "voc", "font.size": _FONT})
        figure = Figure(figsize=(_WIDTH / 72, _HEIGHT / 72), dpi=72)
        FigureCanvasSVG(figure)
        left, right, bottom = 44 / _WIDTH, 1 - 46 / _WIDTH, (24 if series.praise else 30) / _HEIGHT
        low = bottom + (40 / _HEIGHT if series.praise else 0.0)
        axes = figure.add_axes((left, low, right - left, 1 - low - 12 / _HEIGHT))
        _main(axes, series)
        if series.praise:
            small = figure.add_axes((left, bottom, right - left, 26 / _HEIGHT))
            _small(small, series)
            axes.set_xticklabels([])
            _weeks_axis(small, series)
        else:
            _weeks_axis(axes, series)
            axes.tick_params(axis="x", pad=11)  # clear of the zero of the share axis
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _main(axes: Axes, series: Series) -> None:
    y = [_number(c.share) for c in series.cells]
    top = _top(series)
    _baseline(axes, series)
    axes.plot(range(len(y)), y, color=series.colour, linewidth=2, solid_joinstyle="round")
    last = series.cells[-1]
    if last.low is not None and last.high is not None:
        axes.plot([len(y) - 1] * 2, [last.low, last.high], color=series.colour, linewidth=1.4, alpha=0.75)
    _dots(axes, series, y)
    _marks(axes, series, y, top)
    axes.set_ylim(0, top)
    axes.set_yticks(_ticks(top), [_percent(t) for t in _ticks(top)])
    axes.grid(axis="y", color="#e6eaed", linewidth=0.8)
    axes.set_axisbelow(True)
    _frame(axes, len(y))
    if not math.isnan(y[-1]):
        axes.annotate(
            f"{y[-1] * 100:.1f}%",
            (len(y) - 1, y[-1]),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            color=series.colour,
            fontweight="bold",
            fontsize=12,
            annotation_clip=False,
        )


def _baseline(axes: Axes, series: Series) -> None:
    """The band of what is usual and the baseline in it, in steps, as each week is compared with one of its own."""
    x = [i + side for i in range(len(series.trends)) for side in (-0.5, 0.5)]
    low, high, mean = (
        [_number(getattr(trend, name, None)) for trend in series.trends for _ in range(2)]
        for name in ("low", "high", "baseline")
    )
    if all(map(math.isnan, high)):
        return
    axes.fill_between(x, low, high, color=_MEAN, alpha=0.16, linewidth=0)
    axes.plot(x, [m if not math.isnan(h) else math.nan for m, h in zip(mean, high, strict=True)],
              color=_MEAN, linewidth=1.2, dashes=(4, 3))  # fmt: skip


def _marks(axes: Axes, series: Series, y: Sequence[float], top: float) -> None:
    """A triangle over or under each week with a signal, towards the side on which it moved."""
    for index, trend in enumerate(series.trends):
        if trend is None or trend.signal == NO_SIGNAL or math.isnan(y[index]):
            continue
        up = trend.signal.endswith("_up")
        axes.plot(
            [index],
            [min(y[index] + 0.11 * top, top * 0.98) if up else max(y[index] - 0.11 * top, top * 0.02)],
            marker="^" if up else "v",
            markersize=9,
            markerfacecolor=_SIGNAL,
            markeredgecolor="#ffffff",
            markeredgewidth=0.7,
            linestyle="none",
            clip_on=False,
            zorder=6,
        )


def _dots(axes: Axes, series: Series, y: Sequence[float]) -> None:
    """Dots on every week; where they would run together only on the last one, on incomplete ones (hollow) and on those
    between two gaps, which the line cannot show."""
    many = len(y) > _DOTS_UP_TO
    for index, week in enumerate(series.weeks):
        last = index == len(y) - 1
        alone = all(math.isnan(v) for v in (*y[max(0, index - 1) : index], *y[index + 1 : index + 2]))
        if math.isnan(y[index]) or (many and not (last or alone or week.partial)):
            continue
        axes.plot(
            [index],
            [y[index]],
            marker="o",
            markersize=7 if last else 4,
            markerfacecolor="#ffffff" if week.partial else series.colour,
            markeredgecolor=series.colour,
            markeredgewidth=1.6,
            clip_on=False,
            zorder=5,
        )


def _small(axes: Axes, series: Series) -> None:
    y = [_number(c.share) for c in series.praise]
    top = max([v for v in y if not math.isnan(v)], default=0.0)
    axes.plot(range(len(y)), y, color=PRAISE_COLOUR, linewidth=1.4)
    axes.set_ylim(0, top * 1.15 or 1.0)
    axes.set_yticks([])
    _frame(axes, len(y))
    if not math.isnan(y[-1]):
        axes.plot([len(y) - 1], [y[-1]], marker="o", markersize=4, color=PRAISE_COLOUR, clip_on=False)
        axes.annotate(
            f"{y[-1] * 100:.1f}%",
            (len(y) - 1, y[-1]),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            color=PRAISE_COLOUR,
            annotation_clip=False,
        )


def _frame(axes: Axes, count: int) -> None:
    axes.set_xlim(-0.3, count - 0.7)
    axes.set_xticks([])
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_AXIS)
    axes.tick_params(length=0, colors=_TEXT, pad=5)


def _weeks_axis(axes: Axes, series: Series) -> None:
    count = len(series.weeks)
    step = max(1, math.ceil((count - 1) / (_TICKS - 1)))
    at = sorted({*range(count - 1, -1, -step)})
    axes.set_xticks(at, [series.weeks[i].week for i in at])


def _top(series: Series) -> float:
    """The end of the scale: all shares and the last week's interval fit; the band of a very thin week may be cut."""
    shares = [c.share for c in series.cells if c.share is not None]
    if not shares:
        return 0.1
    bands = [t.high for t in series.trends if t and t.high is not None]
    needed = max(max(shares) * 1.18, (series.cells[-1].high or 0.0) * 1.05, 0.01)
    return min(1.0, max(needed, min(max(bands, default=0.0) * 1.02, needed * 1.4)))


def _ticks(top: float) -> list[float]:
    """Zero and two to four round steps up to ``top``."""
    for step in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25):
        if top / step <= 4.5:
            return [round(i * step, 4) for i in range(int(top / step + 1e-9) + 1)]
    return [0.0, 0.5, 1.0]


def _percent(value: float) -> str:
    return f"{value * 100:g}%"


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _clean(svg: str, name: str, title: str, description: str, week_name: Callable[[str], str]) -> str:
    root = ElementTree.fromstring(svg)  # noqa: S314 -- our own output of a moment ago
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{_SVG}metadata", f"{_SVG}style"):
                parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
        _attributes(element, name)
        if element.tag == "text" and element.text and "-W" in element.text:
            element.text = week_name(element.text)
        element.text = (element.text or "").strip() or None
        element.tail = None
    root.attrib = {
        "viewBox": f"0 0 {_WIDTH} {_HEIGHT}",
        "class": "chart",
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-desc",
        "stroke-linejoin": "round",  # from the style element that was removed
        "stroke-linecap": "butt",
        "font-size": str(_FONT),
    }
    for tag, text in (("desc", description), ("title", title)):
        child = ElementTree.Element(tag, {"id": f"{name}-{tag}"})
        child.text = text
        root.insert(0, child)
    return ElementTree.tostring(root, encoding="unicode")


def _attributes(element: ElementTree.Element, name: str) -> None:
    found: dict[str, str] = {}
    for key, value in element.attrib.items():
        if key == "style":
            found.update(_presentation(value))
        elif key == "id":
            found["id"] = f"{name}-{value}"
        elif key == _HREF:
            found["href"] = value.replace("#", f"#{name}-", 1)
        else:
            found[key] = value
    shortened = {k: _LONG_NUMBER.sub(_short, v) for k, v in found.items()}
    element.attrib = {k: v.replace("url(#", f"url(#{name}-") for k, v in shortened.items()}


def _presentation(style: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, (p.strip() for p in style.split(";"))):
        key, _, value = (p.strip() for p in part.partition(":"))
        if key == "font":  # matplotlib before 3.11
            found.update(_font(value))
        elif key == "font-size":
            found[key] = value.removesuffix("px")
        elif key == "font-family":
            continue  # the page's own fonts, by the style sheet
        elif key in _ATTRIBUTES:
            found[key] = value
        else:
            raise ValueError(f"matplotlib wrote a style that has no presentation attribute: {part!r}")
    return found


def _font(shorthand: str) -> dict[str, str]:
    match = _FONT_SHORTHAND.match(shorthand)
    if match is None:
        raise ValueError(f"matplotlib wrote a font that is not understood: {shorthand!r}")
    weight: dict[str, Any] = {"font-weight": match["weight"]} if match["weight"] else {}
    return {"font-size": match["size"], **weight}


def _short(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
