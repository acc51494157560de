"""Plots of an evaluation: one SVG with a small panel for each output. They stand in pages as images, in which no script
runs and no style reaches the page."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from voc.classify.curves import Curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS: Final = 3
_PANEL: Final = (3.4, 2.5)  # inches
_LINE, _GUIDE, _TEXT = "#a63c06", "#8a949c", "#16202a"


def calibration_plot(every: Sequence[Curves]) -> str:
    """Share that is true against mean probability, for each bin."""

    def draw(axes: Axes, one: Curves) -> None:
        axes.plot([0, 1], [0, 1], color=_GUIDE, linewidth=1, dashes=(4, 3))
        axes.plot([x for x, _, _ in one.calibration], [y for _, y, _ in one.calibration], color=_LINE, marker="o",
                  markersize=3.5, linewidth=1.4)  # fmt: skip

    return _grid(every, draw, "mean probability", "share that is true")


def precision_recall_plot(every: Sequence[Curves]) -> str:
    """Precision against recall."""

    def draw(axes: Axes, one: Curves) -> None:
        axes.plot(
            [x for x, _ in one.precision_recall], [y for _, y in one.precision_recall], color=_LINE, linewidth=1.6
        )
        axes.text(0.04, 0.06, f"average precision {one.average_precision:.2f}", fontsize=8, color=_TEXT)

    return _grid(every, draw, "recall", "precision")


def risk_coverage_plot(every: Sequence[Curves]) -> str:
    """Share of wrong decisions against the share of documents that is decided, the surest first."""
    top = max((y for one in every for _, y in one.risk_coverage), default=0.0)
    top = min(1.0, max(0.05, round(1.15 * top, 2)))

    def draw(axes: Axes, one: Curves) -> None:
        axes.plot([x for x, _ in one.risk_coverage], [y for _, y in one.risk_coverage], color=_LINE, linewidth=1.6)
        axes.set_ylim(0, top)

    return _grid(every, draw, "share decided", "wrong among them")


def _grid(every: Sequence[Curves], draw: Callable[[Any, Curves], None], across: str, up: str) -> str:
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    rows = max(1, -(-len(every) // _COLUMNS))
    with mpl.rc_context():
        mpl.rcdefaults()  # a matplotlibrc of the user must not change the page
        mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "voc", "font.size": 9, "text.parse_math": False})
        figure = Figure(figsize=(_PANEL[0] * _COLUMNS, _PANEL[1] * rows), dpi=72, layout="constrained")
        FigureCanvasSVG(figure)
        panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
        for axes, one in zip(panels, every, strict=False):
            axes.set_xlim(0, 1)
            axes.set_ylim(0, 1)
            draw(axes, one)
            axes.set_title(one.label, fontsize=10, color=_TEXT)
            axes.set_xlabel(across, fontsize=8)
            axes.set_ylabel(up, fontsize=8)
            axes.grid(color="#e6eaed", linewidth=0.8)
            axes.set_axisbelow(True)
            for side in ("top", "right"):
                axes.spines[side].set_visible(False)
        for axes in panels[len(every) :]:
            axes.set_axis_off()
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()
