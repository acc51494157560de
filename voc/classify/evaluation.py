"""One evaluation as a value: all figures, curves and mistakes; as plain data and as one self-contained page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from itertools import groupby
from typing import Any

from voc.classify.curves import Curves, curves
from voc.classify.evaluate import Covered, Figure, Slice, coverage_table, figures, slices
from voc.classify.gold import Example
from voc.classify.mistakes import Mistake, mistakes
from voc.classify.outcome import Outcome
from voc.classify.plots import calibration_plot, precision_recall_plot, risk_coverage_plot

_PLOTS = (
    ("Calibration", "On the broken line a probability of 0.3 means that 30% are true. Fifteen bins of equal mass.",
     calibration_plot),
    ("Precision and recall", "What other thresholds would give.", precision_recall_plot),
    ("Risk and coverage", "How many of the decisions are wrong if only the surest are taken.", risk_coverage_plot),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Evaluation:
    """``model`` on the labelled data ``gold`` (a file's name) of sha256 ``digest``; ``coverage`` is empty where nobody
    asked for it."""

    model: str
    gold: str
    digest: str
    documents: int
    rounds: int
    figures: Mapping[str, Figure]
    slices: Sequence[Slice]
    curves: Sequence[Curves]
    coverage: Sequence[Covered]
    errors: Sequence[Mistake]

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON-able data."""
        return {
            "model": self.model,
            "gold": self.gold,
            "digest": self.digest,
            "documents": self.documents,
            "rounds": self.rounds,
            "figures": {name: asdict(figure) for name, figure in self.figures.items()},
            "slices": [asdict(one) for one in self.slices],
            "curves": [asdict(one) for one in self.curves],
            "coverage": [asdict(one) for one in self.coverage],
            "errors": [asdict(one) for one in self.errors],
        }


def evaluation(
    examples: Sequence[Example],
    got: Outcome,
    *,
    model: str,
    gold: str,
    digest: str,
    rounds: int,
    coverage: bool,
) -> Evaluation:
    """Everything there is to say of one outcome; intervals from ``rounds`` draws (>= 1)."""
    return Evaluation(
        model=model,
        gold=gold,
        digest=digest,
        documents=len(examples),
        rounds=rounds,
        figures=figures(got, rounds),
        slices=slices(got, rounds),
        curves=curves(got),
        coverage=coverage_table(got) if coverage else (),
        errors=mistakes(examples, got),
    )


def render_evaluation(value: Evaluation) -> str:
    """The page: no script, no request, a strict Content-Security-Policy; customers' text is escaped by Jinja2."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("voc.classify", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    css = resources.files("voc.classify").joinpath("templates", "evaluation.css").read_text("utf-8")
    parts = groupby(value.slices, key=lambda s: (s.part, s.name))
    kinds = groupby(value.errors, key=lambda m: (m.label, m.kind))
    return environment.get_template("evaluation.html.j2").render(
        v=value,
        css=css,
        style_hash=base64.b64encode(hashlib.sha256(css.encode("utf-8")).digest()).decode("ascii"),
        slices=[(name, list(rows)) for name, rows in parts],
        errors=[(name, list(rows)) for name, rows in kinds],
        plots=[
            {"title": title, "text": text, "data": base64.b64encode(draw(value.curves).encode("utf-8")).decode("ascii")}
            for title, text, draw in _PLOTS
        ],
    )
