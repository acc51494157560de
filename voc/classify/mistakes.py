"""The documents that were decided otherwise than labelled, with their text; redacted, because this leaves the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voc.classify.gold import Example
from voc.classify.outcome import Outcome
from voc.privacy import redact, shown_id

MISSED, INVENTED = "missed", "invented"
LONGEST_TEXT = 1500  # characters shown of a document; cut at its end, and marked


@dataclass(frozen=True, slots=True)
class Mistake:
    """One wrong decision: ``kind`` is missed (true and not found) or invented (found and not true); ``quote`` is the
    annotators', where they gave one."""

    kind: str
    label: str
    id: str
    source: str
    channel: str
    language: str
    probability: float
    threshold: float
    abstained: bool
    quote: str
    text: str


def mistakes(examples: Sequence[Example], got: Outcome) -> list[Mistake]:
    """Every wrong decision: by output, missed before invented, the surest mistakes first, equal ones in the order of
    the data. Texts and ids are redacted and at most ``LONGEST_TEXT`` characters long."""
    out, margins = [], got.margins
    for column, label in enumerate(got.labels):
        for kind, sign in ((MISSED, 1.0), (INVENTED, -1.0)):
            rows = [row for row in range(len(examples)) if got.truth[row, column] - got.found[row, column] == sign]
            rows.sort(key=margins[:, column].__getitem__, reverse=True)  # a stable sort, reversed or not
            out += [_mistake(examples[row], got, row, column, kind, label) for row in rows]
    return out


def _mistake(example: Example, got: Outcome, row: int, column: int, kind: str, label: str) -> Mistake:
    document = example.document
    text = redact(document.text)
    return Mistake(
        kind=kind,
        label=label,
        id=shown_id(document.id, document.key),
        source=document.source,
        channel=document.channel,
        language=document.language,
        probability=round(float(got.probability[row, column]), 4),
        threshold=round(float(got.thresholds[column]), 4),
        abstained=bool(got.abstained[row, column]),
        quote=redact(example.quotes.get(label, "")),
        text=text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} […]",
    )
