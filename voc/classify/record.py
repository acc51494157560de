"""One line of ``voc classify``: what the classifier says of one document, as plain data."""

from __future__ import annotations

from typing import Any

from voc.documents import Document
from voc.results import LEAVE, Classified, Evidence
from voc.taxonomy import COMPLAINT, PRAISE, Taxonomy


def record(document: Document, classified: Classified, taxonomy: Taxonomy) -> dict[str, Any]:
    """The record of a document, in the order and with the names that ``voc classify`` promises.

    ``drivers`` has every driver of the taxonomy; its evidence lists the complaint's spans first, then the praise's,
    each strongest first, with ``text == document.text[start:end]``.
    """
    found = classified.prediction
    labels = taxonomy.labels
    probability = dict(zip(labels, found.probabilities, strict=True))
    keys = [driver.key for driver in taxonomy.drivers]

    def spans(label: str) -> list[dict[str, Any]]:
        return [_span(document, span) for span in found.evidence if span.label == label]

    return {
        "id": document.id,
        "status": found.status,
        "language": document.language,
        "channel": document.channel,
        "labels": [key for key in keys if f"{key}.{COMPLAINT}" in found.labels],
        "praise": [key for key in keys if f"{key}.{PRAISE}" in found.labels],
        "leave": LEAVE in found.labels,
        "drivers": {
            key: {
                "complaint": probability[f"{key}.{COMPLAINT}"],
                "praise": probability[f"{key}.{PRAISE}"],
                "evidence": spans(f"{key}.{COMPLAINT}") + spans(f"{key}.{PRAISE}"),
            }
            for key in keys
        },
        "leave_probability": probability[LEAVE],
        "leave_evidence": spans(LEAVE),
        "abstained": list(found.abstained),
        "model": found.model,
    }


def _span(document: Document, span: Evidence) -> dict[str, Any]:
    return {
        "start": span.start,
        "end": span.end,
        "text": document.text[span.start : span.end],
        "label": span.label,
        "score": span.score,
    }
