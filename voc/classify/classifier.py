"""The classifier of a model: loaded once, then a pure function of one document."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from voc.classify.evidence import evidence
from voc.classify.heads import Heads, load_heads
from voc.classify.score import (
    Logits,
    chinese_share,
    document_features,
    lexical_logits,
    network_logits,
    probabilities,
    sigmoid,
    standardise,
)
from voc.documents import CONVERSATIONS, Document, Segment
from voc.encoders import FAST, FULL, Encoded, ModelDir, read_exit, resolve_model
from voc.errors import ModelError
from voc.results import EMPTY, NO_CUSTOMER_TURNS, OK, UNTESTED_LANGUAGE, Classified, Prediction
from voc.taxonomy import Taxonomy
from voc.text import TESTED_LANGUAGES

PROBABILITY_DIGITS, SCORE_DIGITS = 6, 4  # stored numbers are rounded: the last bits differ between processors
UNREAD = (EMPTY, NO_CUSTOMER_TURNS)


class Passed(NamedTuple):
    """A document after the encoder: ``encoded`` has a row for each of its ``segments``."""

    document: Document
    segments: tuple[Segment, ...]
    encoded: Encoded

    def texts(self) -> list[str]:
        """The text of each segment."""
        return [self.document.text[s.start : s.end] for s in self.segments]

    def stored(self) -> NDArray[np.float32]:
        """(n, dim): the vectors of the segments that themes are made of."""
        return np.asarray(self.encoded.theme_vectors, np.float32)


class Classifier:
    """Labels documents; ``id`` names encoder, heads and thresholds, so that equal ids give equal numbers."""

    def __init__(self, heads: Heads, name: str, digest: str) -> None:
        """``name`` of the model, ``digest``: hex over all that numbers depend on (the id has its first 12 digits)."""
        self.heads = heads
        self.id = f"{name}-drivers@{digest[:12]}"
        self.encoder_id = heads.encoder
        self.labels = heads.labels
        self.thresholds = heads.thresholds
        self.errors = dict(zip(heads.labels, heads.errors, strict=True)) if heads.errors else {}

    def score(self, passed: Sequence[Passed]) -> list[Classified]:
        """Label some documents from their segments and the vectors of these; what is said of one depends on it alone.

        Statuses: ``empty`` (no letter to read) and ``no_customer_turns`` have all probabilities 0.0 and no labels;
        ``untested_language`` is scored and decided like ``ok``. ValueError where vectors and segments do not match.
        """
        for one in passed:
            if len(one.encoded.vectors) != len(one.segments):
                raise ValueError(f"{len(one.segments)} segments, but {len(one.encoded.vectors)} vectors")
        statuses = [status_of(one.document, one.segments) for one in passed]
        told = [one for one, status in zip(passed, statuses, strict=True) if status not in UNREAD]
        lexical = lexical_logits([text for one in told for text in one.texts()], self.heads)
        ends = np.cumsum([len(one.segments) for one in told])[:-1]
        parts = iter(np.split(lexical, ends) if told else [])
        return [
            self._nothing(one, status) if status in UNREAD else self._label(one, status, next(parts))
            for one, status in zip(passed, statuses, strict=True)
        ]

    def _nothing(self, one: Passed, status: str) -> Classified:
        prediction = Prediction(one.document.key, self.id, status, (0.0,) * len(self.labels), (), (), ())
        scores = np.zeros((len(one.segments), len(self.labels)), np.float32)
        return Classified(prediction, one.segments, scores, one.stored(), self.encoder_id)

    def _label(self, one: Passed, status: str, lexical: Logits) -> Classified:
        vectors = np.asarray(one.encoded.vectors, np.float32)
        logits = lexical + network_logits(standardise(vectors, one.encoded.tokens, self.heads), self.heads)
        scores = np.round(sigmoid(logits), SCORE_DIGITS).astype(np.float32)
        features = document_features(logits, chinese_share("".join(one.texts())))
        numbers = np.round(probabilities(features, self.heads.stack), PROBABILITY_DIGITS).tolist()
        labels = tuple(label for label, p, t in zip(self.labels, numbers, self.thresholds, strict=True) if p >= t)
        abstained = tuple(
            label
            for label, p, (low, high) in zip(self.labels, numbers, self.heads.bands, strict=True)
            if low <= p < high
        )
        spans = evidence(one.document.text, self.labels, labels, one.segments, scores)
        prediction = Prediction(one.document.key, self.id, status, tuple(numbers), labels, abstained, spans)
        return Classified(prediction, one.segments, scores, one.stored(), self.encoder_id)


def status_of(document: Document, segments: tuple[Segment, ...]) -> str:
    """Whether there is something to classify, and in a language that the model was tested on."""
    if document.channel in CONVERSATIONS and document.turns and not segments:
        return NO_CUSTOMER_TURNS if not any(turn.role == "customer" for turn in document.turns) else EMPTY
    if not any(char.isalpha() for s in segments for char in document.text[s.start : s.end]):
        return EMPTY
    if document.language not in TESTED_LANGUAGES and document.language != "und":
        return UNTESTED_LANGUAGE
    return OK


def load_classifier(model: str | None, taxonomy: Taxonomy, quality: str = "balanced") -> Classifier:
    """The classifier of a model (a name or a folder; None is the default model).

    ``quality`` fast has heads of its own. The id names a quality that is not balanced, so that stored predictions of
    two never mix. ModelError where the model has no classifier (for that quality), is damaged, or was trained for other
    labels than the taxonomy's or on other weights than the encoder beside it.
    """
    from voc.classify.own_drivers import OWN_FOLDER, WithOwnDrivers

    found = resolve_model(model)
    folder, encoder = Path(found.path), read_exit(found).id if quality == FAST else found.id
    parts = [_of_folder(found, folder / FAST if quality == FAST else folder, encoder)]
    if (folder / OWN_FOLDER).is_dir():
        parts.append(_of_folder(found, folder / OWN_FOLDER, encoder))
    labels = [label for part in parts for label in part.labels]
    if sorted(labels) != sorted(taxonomy.labels) or (len(parts) == 1 and tuple(labels) != taxonomy.labels):
        different = sorted(set(labels) ^ set(taxonomy.labels)) or ["the same labels in another order"]
        raise ModelError(
            f"the classifier of {found.name} was trained for the taxonomy {parts[-1].heads.taxonomy}, "
            f"not for {taxonomy.version}: {', '.join(different)}",
            "Train one for this taxonomy: voc train --data FILE --taxonomy FILE -o FOLDER.",
        )
    classifier = parts[0] if len(parts) == 1 else WithOwnDrivers(parts[0], parts[1], taxonomy.labels, found.name)
    if quality in (FAST, FULL):
        classifier.id = f"{classifier.id}+{quality}"
    return classifier


def _of_folder(found: ModelDir, folder: Path, encoder: str) -> Classifier:
    """The classifier of one pair of files; ModelError where it was trained on another encoder than ``encoder``."""
    heads, digest = load_heads(folder)
    if heads.encoder != encoder:
        raise ModelError(
            f"the classifier of {found.name} was trained on {heads.encoder}, but the encoder here is {encoder}",
            "Train it again with voc train, or reinstall voc.",
        )
    return Classifier(heads, found.name, digest)
