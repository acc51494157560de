"""Segments into labels, documents and evidence: one small set of heads on top of the encoder's one pass."""

from __future__ import annotations

from voc.classify.classifier import Classifier, Passed, load_classifier
from voc.classify.record import record

__all__ = ["Classifier", "Passed", "load_classifier", "record"]
