"""What a change of model did to the figures: old against new on the same feedback."""

from __future__ import annotations

from voc.report.messages import Messages
from voc.report.names import series_name
from voc.report.page import Table
from voc.report.value import Report


def model_step(report: Report, m: Messages) -> tuple[Table | None, str]:
    """The table of the step and the sentence over it; (None, "") where the model is the one of the report before."""
    change = report.model_change
    if change is None:
        return None, ""
    weeks = m("model.weeks", first=change.weeks[0], last=change.weeks[-1]) if change.weeks else m("heard.all")
    note = m("model.intro", before=change.before, after=report.model, documents=m.count(change.documents), weeks=weeks)
    rows = tuple(
        (
            series_name(report, step.series, m),
            m.count(step.before),
            m.count(step.after),
            m.count(step.both),
            m.points((step.after - step.before) / change.documents),
        )
        for step in change.steps
    )
    head = tuple(m(f"model.{key}") for key in ("series", "before", "after", "both", "step"))
    return Table(head, rows), note
