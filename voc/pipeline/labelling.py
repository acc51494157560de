"""``voc label``: labels set by hand, documents worth labelling, agreement, and the error of the model on them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from voc.classify.agreement import agreement, disputed, pairs
from voc.classify.gold import Example, gold_row
from voc.classify.label_choice import random_share, unclear
from voc.classify.label_export import DISPUTED, write_label_studio, write_workbook
from voc.classify.labelled_rows import QUOTE, LabelledRow, read_labelled_rows
from voc.classify.outcome import logit
from voc.classify.taxonomies import find_taxonomy
from voc.documents import Document
from voc.errors import InputError, UsageError, VocError
from voc.exports import write_rows
from voc.pipeline.auditing import as_of_day, record_export
from voc.pipeline.context import UNHEARD, Context, reading, writing
from voc.pipeline.options import Progress, RunOptions, RunResult
from voc.privacy import redact, shown_id
from voc.results import LEAVE
from voc.store import HandLabel
from voc.taxonomy import COMPLAINT
from voc.text import segment
from voc.trends.intervals import wilson

if TYPE_CHECKING:
    from voc.taxonomy import Taxonomy

ANSWERS: Final[Mapping[str, bool | None]] = {"yes": True, "no": False, "model": None}
RANDOM, CHOSEN = "random", "chosen"
_SHOWN: Final = 10
_COUNTS: Final = ("tp", "fn", "fp", "tn")


@dataclass(frozen=True, slots=True)
class SetOptions:
    """One correction: ``answers`` are texts like ``discourtesy=no``; ``quote``: the words that show what is added."""

    document: str
    answers: tuple[str, ...]
    reason: str
    who: str = ""
    quote: str = ""


def set_labels(given: SetOptions, options: RunOptions, progress: Progress) -> RunResult:
    """Sets labels of one document by hand; VocError where there is no such document, UsageError for a bad answer."""
    with writing("label set", options, progress) as context:
        document = _the_document(context, given.document)
        answers = parse_answers(given.answers, context.taxonomy)
        if given.quote and given.quote not in document.text:
            raise UsageError(
                f"the words {given.quote!r} do not stand in {given.document}", "Copy them letter for letter."
            )
        made = [_hand_label(context, document, label, value, given.quote, given) for label, value in answers.items()]
        _save(context, made)
        context.result.summary["label"] = {
            "document": shown_id(document.id, document.key),
            "key": document.key,
            "labels": {one.label: _word(one.value) for one in made},
        }
        for one in made:
            said = f"is {_word(one.value)}, set by hand" if one.value is not None else "is left to the model again"
            context.result.say(f"{shown_id(document.id, document.key)}: {one.label} {said}")
        if any(one.value is None for one in made):
            context.result.say("voc classify or the next voc run asks the model again")
    return context.result


def parse_answers(given: Iterable[str], taxonomy: Taxonomy) -> dict[str, bool | None]:
    """Label -> answer of texts like ``discourtesy=no`` (the complaint), ``neglect.praise=yes``, ``leave=model``."""
    found: dict[str, bool | None] = {}
    for text in given:
        name, equals, answer = text.partition("=")
        label = name if name == LEAVE or "." in name else f"{name}.{COMPLAINT}"
        if label not in taxonomy.labels:
            raise UsageError(f"there is no label {name!r}", f"There are: {', '.join(taxonomy.labels)}.")
        if not equals or answer not in ANSWERS:
            raise UsageError(f"{text!r} is no answer", f"Write {name}=yes, {name}=no, or {name}=model to take it back.")
        if label in found:
            raise UsageError(f"{label} is given twice", "Keep one of the two.")
        found[label] = ANSWERS[answer]
    return found


def _the_document(context: Context, name: str) -> Document:
    found = context.store.document(name)
    if not found:
        raise VocError(
            f"there is no document {name!r} in {context.options.workspace}",
            "voc search finds documents by their words.",
        )
    if len(found) > 1:
        keys = ", ".join(document.key for document in found[:_SHOWN])
        raise UsageError(f"{len(found)} documents have the id {name!r}", f"Name one by its key: {keys}.")
    return found[0]


def _hand_label(
    context: Context,
    document: Document,
    label: str,
    value: bool | None,
    quote: str,
    given: SetOptions,
    sample: str = "",
) -> HandLabel:
    """The decision with the words that show it: those given, else the segment that the model scores highest."""
    words = ""
    if value:
        words = quote or _strongest(context, document, label)
        if not words:
            raise VocError(
                f"{shown_id(document.id, document.key)} has no words of a customer, so it cannot carry {label}",
                "Only what a customer says is labelled.",
            )
    return HandLabel(document.key, label, value, words, given.reason, given.who, context.options.as_of, sample)


def _save(context: Context, made: Sequence[HandLabel]) -> None:
    """Sets the labels and notes in the audit log who set which, both or neither."""
    labels = sorted({(one.key, one.label, _word(one.value)) for one in made})
    with context.store.atomic():
        context.store.set_labels(made)
        context.store.audit("label", {"by": sorted({one.who for one in made}), "labels": labels}, as_of_day(context))


def _strongest(context: Context, document: Document, label: str) -> str:
    column = context.classifier.labels.index(label)
    for detail in context.store.details(context.model, [document.key]):
        if detail.segments:
            best = detail.segments[int(np.argmax(detail.scores[:, column]))]
            return document.text[best.start : best.end]
    pieces = segment(document.text, document.turns)
    return document.text[pieces[0].start : pieces[0].end] if pieces else ""


def _word(value: bool | None) -> str:
    return next(word for word, meaning in ANSWERS.items() if meaning is value)


def import_labels(file: Path, who: str, options: RunOptions, progress: Progress) -> RunResult:
    """Takes the labels of a file into the workspace, all or none; InputError lists what is wrong by row."""
    with writing("label import", options, progress) as context:
        rows = read_labelled_rows(file, context.taxonomy)
        made, wrong = list[HandLabel](), list[str]()
        for row in rows:
            found = context.store.document(row.key)
            if len(found) != 1:
                what = "no document" if not found else f"{len(found)} documents"
                wrong.append(f"row {row.row}: {what} of the workspace with the key or id {row.key[:60]!r}")
                continue
            said = SetOptions(row.key, (), f"imported from {file.name}", who or row.who)
            for label, yes in row.labels.items():
                words = row.quotes.get(label, "")
                quote = words if words in found[0].text else ""
                try:
                    made.append(_hand_label(context, found[0], label, yes, quote, said, row.head.get("sample", "")))
                except VocError as error:
                    wrong.append(f"row {row.row}: {error.message}")
        if wrong:
            more = f"\nand {len(wrong) - _SHOWN:,} more" if len(wrong) > _SHOWN else ""
            raise InputError(
                f"{file} does not fit the workspace, nothing of it was taken:\n" + "\n".join(wrong[:_SHOWN]) + more,
                "Import into the workspace that the file was exported from.",
            )
        _save(context, made)
        samples = [row.head.get("sample", "") for row in rows]
        context.result.summary["import"] = {
            "documents": len(rows), "random": samples.count(RANDOM), "chosen": samples.count(CHOSEN),
            "file": file.name,
        }  # fmt: skip
        context.result.say(
            f"{len(rows):,} documents are labelled by hand, {samples.count(RANDOM):,} of the random share"
        )
    return context.result


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """Which documents are exported for labelling: ``count`` of them, the share ``random`` (0..1) drawn at random."""

    out: Path
    form: str
    count: int = 200
    random: float = 0.25
    seed: int = 0


def export_for_labelling(workspace: Path, given: ExportOptions, model: str | None) -> dict[str, Any]:
    """Picks documents that nobody has labelled and writes them, redacted; the summary of what was picked."""
    with reading(workspace, model) as context:
        picked = _pick(context, given)
        if not picked:
            raise VocError(
                "there is nothing to label: no classified document without labels by hand", "Run voc classify first."
            )
        record_export(workspace, "label", given.out)
        rows = [_head_of(context, document, picked[document.key]) for document in _in_order(context, picked)]
        files = _write(given, context.taxonomy, rows)
        samples = list(picked.values())
        return {
            "documents": len(rows), "random": samples.count(RANDOM), "chosen": samples.count(CHOSEN), "files": files,
        }  # fmt: skip


def _write(given: ExportOptions, taxonomy: Taxonomy, rows: Sequence[Mapping[str, str]]) -> list[str]:
    from xlsxwriter.exceptions import FileCreateError

    try:
        if given.form == "xlsx":
            write_workbook(given.out, taxonomy, rows)
            return [str(given.out)]
        return [str(given.out), str(write_label_studio(given.out, taxonomy, rows))]
    except (OSError, FileCreateError) as error:
        raise VocError(f"cannot write {given.out}: {error}", "Choose another file, or check its folder.") from error


def _pick(context: Context, given: ExportOptions) -> dict[str, str]:
    """Key -> sample of the documents to label; the random share is drawn first, so that nothing biases it."""
    done = context.store.labels_by_hand().keys() | context.store.erased_keys()  # of these, nothing is left to read
    keys, probabilities = list[str](), list[tuple[float, ...]]()
    for prediction in context.store.predictions(context.model):
        if prediction.key not in done and prediction.status not in UNHEARD:
            keys.append(prediction.key)
            probabilities.append(prediction.probabilities)
    drawn = random_share(keys, round(given.random * given.count), given.seed)
    picked = dict.fromkeys(drawn, RANDOM)
    open_rows = [row for row, key in enumerate(keys) if key not in picked]
    chance = np.array([probabilities[row] for row in open_rows], np.float64)
    thresholds = np.array(context.classifier.thresholds)
    margins = np.abs(logit(chance.reshape(-1, len(thresholds))) - logit(thresholds))
    chosen = unclear(
        [keys[row] for row in open_rows],
        margins,
        given.count - len(drawn),
        lambda some: context.store.document_vectors(context.model, some),
    )
    return picked | dict.fromkeys(chosen, CHOSEN)


def _in_order(context: Context, picked: Mapping[str, str]) -> list[Document]:
    """Mixed by key, so that the order of the rows does not tell which share a document is of."""
    return sorted(context.store.documents(sorted(picked)), key=lambda document: document.key)


def _head_of(context: Context, document: Document, sample: str) -> dict[str, str]:
    day: dt.date | None = context.day(document.time)
    return {
        "key": document.key, "id": shown_id(document.id, document.key), "sample": sample, "channel": document.channel,
        "language": document.language, "day": day.isoformat() if day else "", "text": redact(document.text),
    }  # fmt: skip


def export_labelled(workspace: Path, out: Path, model: str | None) -> dict[str, Any]:
    """Writes the documents with labels by hand in the gold form, redacted; each label as it stands."""
    with reading(workspace, model) as context:
        record_export(workspace, "gold", out)
        gone = context.store.erased_keys()
        standing = {key: some for key, some in context.store.labels_by_hand().items() if key not in gone}
        count = write_rows(out, _gold_rows(context, standing))
        return {"documents": count, "files": [str(out)]}


def _gold_rows(context: Context, standing: Mapping[str, Mapping[str, HandLabel]]) -> Iterator[dict[str, object]]:
    for detail in context.store.details(context.model, sorted(standing)):
        document, said = detail.document, detail.prediction
        quotes: dict[str, str] = {}
        for span in said.evidence:
            if span.label.endswith(f".{COMPLAINT}"):
                quotes.setdefault(span.label, redact(document.text[span.start : span.end]))
        quotes |= {one.label: redact(one.quote) for one in standing[said.key].values() if one.value and one.quote}
        shown = Document(
            id=shown_id(document.id, document.key), text=redact(document.text), source=document.source,
            channel=document.channel,
            language=document.language,
        )  # fmt: skip
        row = gold_row(Example(shown, frozenset(said.labels), quotes))
        yield row | {"key": said.key, "labelled": "by hand: " + ", ".join(said.by_hand)}


def agree(first: Path, second: Path, taxonomy_file: Path | None, model: str | None, out: Path | None) -> RunResult:
    """Compares two files of labels; ``out``: a workbook of the documents on which they differ, to be decided."""
    taxonomy = find_taxonomy(model, taxonomy_file)
    left, right = (read_labelled_rows(path, taxonomy) for path in (first, second))
    both = pairs(left, right)
    if not both:
        raise InputError(
            f"{first} and {second} have no labelled document in common", "Both must come from the same export."
        )
    figures = agreement(both, taxonomy.labels)
    rows = [asdict(one) | {"share": one.share, "kappa": one.kappa, "f1": one.f1} for one in figures]
    differ = disputed(both, taxonomy.labels)
    result = RunResult({"documents": len(both), "only_first": len(left) - len(both),
                        "only_second": len(right) - len(both), "disputed": len(differ), "labels": rows})  # fmt: skip
    result.say(f"{len(both):,} documents labelled in both, {len(differ):,} of them differ")
    result.say(f"{'label':28}{'both':>6}{'first':>7}{'second':>8}{'equal':>8}{'kappa':>8}{'F1':>7}")
    for one in figures:
        kappa = "-" if one.kappa is None else f"{one.kappa:.3f}"
        counts = f"{one.both:6,}{one.first:7,}{one.second:8,}"
        result.say(f"{one.label:28}{counts}{one.share:8.3f}{kappa:>8}{one.f1:7.3f}")
    if out:
        _write(ExportOptions(out, "xlsx"), taxonomy, [_adjudicated(row, said) for row, said in differ])
        result.say(str(out))
    return result


def _adjudicated(row: LabelledRow, said: Mapping[str, str]) -> dict[str, str]:
    """A row of the workbook in which a person decides: what both say is filled in, what is disputed is a question mark,
    which no import takes."""
    answers = {label: "?" if label in said else "yes" if yes else "no" for label, yes in row.labels.items()}
    quotes = {QUOTE + label: quote for label, quote in row.quotes.items()}
    told = "\n".join(f"{label}: {words}" for label, words in said.items())
    return {**row.head, **answers, **quotes, DISPUTED: told}


def audit(workspace: Path, model: str | None, out: Path | None) -> RunResult:
    """The labels by hand, and on the random share among them what the model itself decided: its error by label."""
    with reading(workspace, model) as context:
        log = list(context.store.label_log())
        standing = context.store.labels_by_hand()
        sampled = [key for key, some in standing.items() if any(one.sample == RANDOM for one in some.values())]
        counts = error_counts(context, sampled, standing)
        names = {d.key: shown_id(d.id, d.key) for d in context.store.documents(sorted({one.key for one in log}))}
    errors = [{"label": label, **dict(zip(_COUNTS, four, strict=True))} for label, four in counts.items()]
    told = [
        asdict(one)
        | {"id": names[one.key], "value": _word(one.value), "quote": redact(one.quote), "reason": redact(one.reason)}
        for one in log
    ]
    result = RunResult({"documents": len(standing), "random": len(sampled), "errors": errors, "log": told})
    result.say(f"{len(log):,} decisions by hand on {len(standing):,} documents, {len(sampled):,} of the random share")
    result.say(f"{'the model on the random share':30}{'tp':>5}{'fn':>5}{'fp':>5}{'tn':>6}   recall        precision")
    for label, (tp, fn, fp, tn) in counts.items():
        result.say(f"{label:30}{tp:5}{fn:5}{fp:5}{tn:6}   {_share(tp, tp + fn):12}  {_share(tp, tp + fp)}")
    if out:
        rows = ({"series": label, **dict(zip(_COUNTS, four, strict=True))} for label, four in counts.items())
        write_rows(out, rows)
        result.say(str(out))
    return result


def standing_labels(context: Context) -> dict[str, dict[str, HandLabel]]:
    """What people said of documents and still holds, as it was on the as-of day, by document and label."""
    as_of = context.as_of()
    until = as_of.isoformat() if as_of else None
    return {
        key: known
        for key, some in context.store.labels_by_hand().items()
        if (known := {n: one for n, one in some.items() if not (until and one.day and one.day > until)})
    }


def error_counts(
    context: Context, keys: Sequence[str], standing: Mapping[str, Mapping[str, HandLabel]]
) -> dict[str, list[int]]:
    """For each label (tp, fn, fp, tn) of the model's own decisions against what was set by hand."""
    classifier = context.classifier
    counts = {label: [0, 0, 0, 0] for label in classifier.labels}
    for prediction in context.store.predictions(context.model, keys):
        own = zip(classifier.labels, prediction.probabilities, classifier.thresholds, strict=True)
        for label, probability, threshold in own:
            if label in standing[prediction.key]:
                true, found = bool(standing[prediction.key][label].value), probability >= threshold
                counts[label][(0 if found else 1) if true else (2 if found else 3)] += 1
    return counts


def _share(k: int, n: int) -> str:
    if n == 0:
        return "-"
    low, high = wilson(k, n)
    return f"{low:.2f} to {high:.2f}"
