"""Labelled feedback, one JSON object a line or a saved dataset, as examples that training and evaluation read.

Two forms are read: the gold form (``id, text, neg, pos, leave``, see ``read_gold``), and the records of
``voc classify``, whose decisions then count as labels. Rows without a text take it from documents given beside them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.classify.dataset_rows import dataset_files, dataset_rows
from voc.documents import CONVERSATIONS, Document
from voc.errors import InputError
from voc.results import LEAVE, Evidence, Prediction
from voc.taxonomy import COMPLAINT, PRAISE, Taxonomy
from voc.text import detect_language, parse_turns

_CHANNELS = {"transcript": "chat"}  # the gold data's kinds that are not channels by name
_UNREADABLE = (KeyError, TypeError, AttributeError, ValueError)


@dataclass(frozen=True, slots=True)
class Example:
    """A document with its true labels; ``quotes`` maps a complaint label to the words that show it; ``licence`` is
    what the source states, where known."""

    document: Document
    labels: frozenset[str]
    quotes: Mapping[str, str]
    licence: str = ""

    @property
    def group(self) -> str:
        """Equal for documents whose letters and digits are the same: they must fall into the same fold."""
        letters = re.sub(r"[\W_]+", "", self.document.text.lower())
        return hashlib.sha256(letters.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def fold(self) -> int:
        """A number from the group, for splitting."""
        return int(self.group[:8], 16)


def read_gold(path: Path, taxonomy: Taxonomy, documents: Mapping[str, Document] | None = None) -> list[Example]:
    """Examples of a file of labels.

    A row of the gold form has ``id, text, neg`` (driver code or key to quote), ``pos`` (codes or keys), ``leave``
    (0 or 1), and where known ``kind, lang, source, license``; a quote may be offsets [start, end] into the text. A
    record of ``voc classify`` counts as it decided. Where a row has no ``text``, ``documents`` has its document by id.
    InputError names the file and line of what cannot be read.
    """
    examples = []
    for number, row in _rows(path):
        try:
            if is_record(row):
                examples.append(_decided(_document(row, documents), row, taxonomy))
            else:
                examples.append(labelled(_document(row, documents), row, taxonomy))
        except _UNREADABLE as error:
            raise InputError(
                f"{path}:{number}: not a labelled document: {_said(error)}",
                'Each line needs "id", "text", "neg" {driver: quote}, "pos" [drivers] and "leave" 0 or 1, or is a '
                f"record of voc classify. The drivers are: {', '.join(d.key for d in taxonomy.drivers)}.",
            ) from error
    if not examples:
        raise InputError(f"{path} holds no labelled documents", "Each line of it is one JSON object.")
    return examples


def read_predictions(path: Path, taxonomy: Taxonomy) -> dict[str, Prediction]:
    """The records of a ``voc classify`` file (JSONL) by document id; InputError names file and line.

    A document that was read twice has two equal records; two records of one id that differ are an error.
    """
    found: dict[str, Prediction] = {}
    for number, row in _rows(path):
        try:
            prediction = _prediction(row, taxonomy)
        except _UNREADABLE as error:
            raise InputError(
                f"{path}:{number}: not a record of voc classify: {_said(error)}",
                "Give the .jsonl that voc classify INPUT -o FILE.jsonl wrote, with the taxonomy of its model.",
            ) from error
        if found.setdefault(prediction.key, prediction) != prediction:
            raise InputError(
                f"{path}:{number}: a second, different record of the document {prediction.key!r}",
                "Ids must name one document each.",
            )
    if not found:
        raise InputError(f"{path} holds no records", "Write it with voc classify INPUT -o FILE.jsonl.")
    return found


def is_record(row: Mapping[str, Any]) -> bool:
    """Whether a row is a record of ``voc classify`` and no gold row."""
    return "drivers" in row and "neg" not in row


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """(line, object) of a JSONL file, (number, row) of a saved dataset; InputError for what is none."""
    if path.is_dir():
        yield from dataset_rows(path)
        return
    try:
        lines = path.read_text("utf-8-sig").split("\n")  # not splitlines: U+2028 ends no line of JSONL
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the labelled data {path}: {error}", "Give a JSONL file in UTF-8.") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            hint = "Each line of it is one JSON object."
            raise InputError(f"{path}:{number}: not a labelled document: no JSON ({error})", hint) from error
        if not isinstance(row, dict):
            hint = "Each line of it is one JSON object."
            raise InputError(f"{path}:{number}: not a labelled document: no object", hint)
        yield number, row


def _said(error: Exception) -> str:
    return f"{error.args[0]!r} is missing or unknown" if isinstance(error, KeyError) else str(error)


def _document(row: Mapping[str, Any], documents: Mapping[str, Document] | None) -> Document:
    identity = str(row["id"])
    if row.get("text") is None and documents is not None:
        if identity not in documents:
            raise ValueError(f"the documents have none with the id {identity!r}")
        return documents[identity]
    text, kind = row["text"], str(row.get("kind") or row.get("channel") or "review")
    if not isinstance(text, str):
        raise TypeError(f"text is {text!r}")
    channel = _CHANNELS.get(kind, kind)
    return Document(
        id=identity,
        text=text,
        source=str(row.get("source", "")),
        channel=channel,
        language=str(row.get("lang") or row.get("language") or detect_language(text)),
        turns=parse_turns(text) if channel in CONVERSATIONS else (),
    )


def labelled(document: Document, row: Mapping[str, Any], taxonomy: Taxonomy) -> Example:
    """``document`` with the labels of ``row`` (``neg``, ``pos``, ``leave``); KeyError for an unknown driver."""
    keys = {driver.code: driver.key for driver in taxonomy.drivers} | {d.key: d.key for d in taxonomy.drivers}
    if row["leave"] not in (0, 1):  # True and False are 1 and 0
        raise ValueError(f"leave is {row['leave']!r}, not 0 or 1")
    quotes = {f"{keys[code]}.{COMPLAINT}": _words(document, quote) for code, quote in row["neg"].items()}
    labels = set(quotes) | {f"{keys[code]}.{PRAISE}" for code in row["pos"]} | ({LEAVE} if row["leave"] else set())
    return Example(document, frozenset(labels), quotes, str(row.get("license", "")))


def _words(document: Document, quote: Any) -> str:
    """A quote as it is, or the words at the offsets [start, end] that a row without texts gives instead."""
    if isinstance(quote, list):
        start, end = (int(at) for at in quote)
        if not 0 <= start < end <= len(document.text):
            raise ValueError(f"the offsets {quote} are not in the text")
        return document.text[start:end]
    return str(quote)


def gold_row(example: Example) -> dict[str, object]:
    """The row of the gold form that ``read_gold`` reads back; drivers by key. What nobody quoted has an empty quote."""
    document, complaint, praise = example.document, f".{COMPLAINT}", f".{PRAISE}"
    named = sorted(example.labels)
    return {
        "id": document.id,
        "source": document.source,
        "kind": document.channel,
        "lang": document.language,
        "license": example.licence,
        "text": document.text,
        "neg": {n.removesuffix(complaint): example.quotes.get(n, "") for n in named if n.endswith(complaint)},
        "pos": [name.removesuffix(praise) for name in named if name.endswith(praise)],
        "leave": int(LEAVE in example.labels),
    }


def _decided(document: Document, row: Mapping[str, Any], taxonomy: Taxonomy) -> Example:
    """A record of ``voc classify`` with its decisions as labels and its first spans as quotes."""
    said = _prediction(row, taxonomy, whole=False)
    quotes: dict[str, str] = {}
    for span in said.evidence:
        if span.label.endswith(f".{COMPLAINT}"):
            quotes.setdefault(span.label, document.text[span.start : span.end])
    return Example(document, frozenset(said.labels), quotes)


def _prediction(row: Mapping[str, Any], taxonomy: Taxonomy, whole: bool = True) -> Prediction:
    """What a record says; its ``key`` is the id of the document. KeyError for what is missing, ValueError otherwise.

    Unless ``whole``, drivers of the taxonomy that the record's model did not know count as not found.
    """
    drivers, known = row["drivers"], {driver.key for driver in taxonomy.drivers}
    if not set(drivers) <= known or (whole and set(drivers) != known):
        raise ValueError(f"it has the drivers {', '.join(sorted(drivers))}, the taxonomy {', '.join(sorted(known))}")
    decided = {f"{key}.{COMPLAINT}" for key in row["labels"]} | {f"{key}.{PRAISE}" for key in row["praise"]}
    decided |= {LEAVE} if row["leave"] else set()
    probability = {f"{key}.{side}": float(drivers[key][side]) for key in drivers for side in (COMPLAINT, PRAISE)}
    probability[LEAVE] = float(row["leave_probability"])
    spans = [span for key in drivers for span in drivers[key]["evidence"]] + list(row["leave_evidence"])
    return Prediction(
        key=str(row["id"]),
        model=str(row["model"]),
        status=str(row["status"]),
        probabilities=tuple(probability.get(label, 0.0) for label in taxonomy.labels),
        labels=tuple(label for label in taxonomy.labels if label in decided),
        abstained=tuple(map(str, row["abstained"])),
        evidence=tuple(Evidence(str(s["label"]), -1, int(s["start"]), int(s["end"]), float(s["score"])) for s in spans),
    )


def digest_of(files: Sequence[Path]) -> str:
    """sha256 (hex) over the sha256 of each file, in the order given; a saved dataset counts as its files."""
    single = [one for file in files for one in (dataset_files(file) if file.is_dir() else [file])]
    return hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in single)).hexdigest()


def target_matrix(examples: Iterable[Example], labels: Iterable[str]) -> NDArray[np.float64]:
    """(documents, labels): 1.0 where a document has a label."""
    names = tuple(labels)
    rows = [[float(label in example.labels) for label in names] for example in examples]
    return np.array(rows, np.float64).reshape(-1, len(names))
