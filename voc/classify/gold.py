"""Labelled feedback, one JSON object a line, as examples that training and evaluation read."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.documents import CONVERSATIONS, Document
from voc.errors import InputError
from voc.results import LEAVE
from voc.taxonomy import COMPLAINT, PRAISE, Taxonomy
from voc.text import detect_language, parse_turns

_CHANNELS = {"transcript": "chat"}  # the gold data's kinds that are not channels by name


@dataclass(frozen=True, slots=True)
class Example:
    """A document with its true labels; ``quotes`` maps a complaint label to the words that show it."""

    document: Document
    labels: frozenset[str]
    quotes: Mapping[str, str]

    @property
    def group(self) -> str:
        """Equal for documents whose letters and digits are the same: they must fall into the same fold."""
        letters = re.sub(r"[\W_]+", "", self.document.text.lower())
        return hashlib.sha256(letters.encode("utf-8", "surrogatepass")).hexdigest()


def read_gold(path: Path, taxonomy: Taxonomy) -> list[Example]:
    """Examples of a gold file: ``id, text, neg`` (driver code or key to quote), ``pos`` (codes or keys), ``leave``
    (0 or 1), and where known ``kind, lang, source``.

    InputError names the file and line of what cannot be read.
    """
    try:
        lines = path.read_text("utf-8").split("\n")  # not splitlines: U+2028 ends no line of JSONL
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the labelled data {path}: {error}", "Give a JSONL file in UTF-8.") from error
    examples = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            examples.append(_example(json.loads(line), taxonomy))
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"{path}:{number}: not a labelled document: {error!r}",
                'Each line needs "id", "text", "neg" {key: quote}, "pos" [keys] and "leave" 0 or 1.',
            ) from error
    if not examples:
        raise InputError(f"{path} holds no labelled documents", "Each line of it is one JSON object.")
    return examples


def _example(row: Mapping[str, Any], taxonomy: Taxonomy) -> Example:
    text, kind = str(row["text"]), str(row.get("kind", "review"))
    channel = _CHANNELS.get(kind, kind)
    document = Document(
        id=str(row["id"]),
        text=text,
        source=str(row.get("source", "")),
        channel=channel,
        language=str(row.get("lang") or detect_language(text)),
        turns=parse_turns(text) if channel in CONVERSATIONS else (),
    )
    return labelled(document, row, taxonomy)


def labelled(document: Document, row: Mapping[str, Any], taxonomy: Taxonomy) -> Example:
    """``document`` with the labels of ``row`` (``neg``, ``pos``, ``leave``); KeyError for an unknown driver."""
    keys = {driver.code: driver.key for driver in taxonomy.drivers} | {d.key: d.key for d in taxonomy.drivers}
    quotes = {f"{keys[code]}.{COMPLAINT}": str(quote) for code, quote in row["neg"].items()}
    labels = set(quotes) | {f"{keys[code]}.{PRAISE}" for code in row["pos"]} | ({LEAVE} if row["leave"] else set())
    return Example(document, frozenset(labels), quotes)


def target_matrix(examples: Iterable[Example], labels: Iterable[str]) -> NDArray[np.float64]:
    """(documents, labels): 1.0 where a document has a label."""
    names = tuple(labels)
    rows = [[float(label in example.labels) for label in names] for example in examples]
    return np.array(rows, np.float64).reshape(-1, len(names))
