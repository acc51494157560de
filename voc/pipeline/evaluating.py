"""``voc evaluate``: labelled feedback against a model, or against records that ``voc classify`` wrote."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voc.classify.dataset_rows import is_dataset
from voc.classify.evaluation import Evaluation, evaluation, render_evaluation
from voc.classify.gate import check_gate, read_gate, set_gate
from voc.classify.gold import Example, digest_of, read_gold, read_predictions
from voc.classify.outcome import Outcome, outcome
from voc.classify.taxonomies import find_taxonomy
from voc.config import load_config
from voc.documents import Document
from voc.errors import ConfigError, InputError, QualityGateError, VocError
from voc.exports import to_json
from voc.ingest import IngestOptions, open_sources
from voc.pipeline.context import find_classifier, make_engine
from voc.pipeline.options import Progress, RunResult
from voc.store import write_atomic
from voc.taxonomy import Taxonomy

if TYPE_CHECKING:
    from voc.results import Prediction


@dataclass(frozen=True, slots=True)
class EvaluateOptions:
    """What is measured. ``gold``: a JSONL file or the folder of a corpus; ``documents``: inputs with the texts of rows
    without one; ``predictions``: records instead of a model; ``rounds`` >= 1; ``lower``: why bounds may get looser."""

    gold: Path
    model: str | None = None
    taxonomy: Path | None = None
    predictions: Path | None = None
    documents: tuple[str, ...] = ()
    rounds: int = 1000
    threads: int = 0
    device: str | None = None
    quality: str | None = None
    coverage: bool = False
    html: Path | None = None
    out: Path | None = None
    gate: Path | None = None
    set_floors: bool = False
    lower: str | None = None


def evaluate(options: EvaluateOptions, progress: Progress) -> RunResult:
    """Measures, writes what was asked for, then looks at the gate.

    InputError for labels that cannot be read, QualityGateError (with the RunResult) where a bound is missed.
    """
    taxonomy = find_taxonomy(options.model, options.taxonomy)
    examples, files = read_examples(options, taxonomy)
    got, model = _outcome(options, taxonomy, examples, progress)
    value = evaluation(
        examples,
        got,
        model=model,
        gold=options.gold.name,
        digest=digest_of(files),
        rounds=options.rounds,
        coverage=options.coverage,
    )
    result = RunResult(value.as_dict())
    _tell(value, result)
    if options.out:
        write_file(options.out, to_json(value.as_dict(), indent=1) + b"\n")
        result.say(str(options.out))
    if options.html:
        write_file(options.html, render_evaluation(value).encode("utf-8", "backslashreplace"))
        result.say(str(options.html))
    if options.gate:
        _gate(options, options.gate, value, result)
    return result


def write_file(path: Path, data: bytes) -> None:
    """``data`` as ``path`` (mode 0600), whole or not at all; VocError where it cannot be written."""
    try:
        write_atomic(path, data)
    except OSError as error:
        hint = "Choose another file, or check the rights of its folder."
        raise VocError(f"cannot write {path}: {error.strerror}", hint) from error


def read_examples(options: EvaluateOptions, taxonomy: Taxonomy) -> tuple[list[Example], list[Path]]:
    """The labelled documents, and the files that they were read from."""
    gold, inputs = options.gold, options.documents
    files = [gold]
    if gold.is_dir() and not is_dataset(gold):
        listed = _listed(gold)
        inputs = (*(str(gold / name) for name in listed["documents"]), *inputs)
        gold = gold / listed["labels"]
        files = [*map(Path, inputs), gold]
    # Spans of records count in the file's own text, so nothing is repaired where records are read.
    documents = {document.id: document for document in read_documents(inputs, repair=options.predictions is None)}
    return read_gold(gold, taxonomy, documents if inputs else None), files


def _listed(folder: Path) -> dict[str, Any]:
    try:
        listed = tomllib.loads((folder / "corpus.toml").read_text("utf-8"))["files"]
        return {"documents": [str(name) for name in listed["documents"]], "labels": str(listed["labels"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{folder} is no corpus: corpus.toml does not name documents and labels ({error})",
            "Give a JSONL file of labelled documents, or the folder of a corpus.",
        ) from error


def read_documents(inputs: Sequence[str], *, repair: bool) -> Iterator[Document]:
    """The documents of files, as ``voc ingest`` reads them; rejects are passed over."""
    for path in inputs:
        for source in open_sources(path, IngestOptions(repair=repair)):
            yield from (item for _, item in source.rows() if isinstance(item, Document))


def _outcome(
    options: EvaluateOptions, taxonomy: Taxonomy, examples: Sequence[Example], progress: Progress
) -> tuple[Outcome, str]:
    if options.predictions:
        said = read_predictions(options.predictions, taxonomy)
        missing = [e.document.id for e in examples if e.document.id not in said]
        if missing:
            raise InputError(
                f"{options.predictions} has no record of {len(missing):,} labelled documents: {', '.join(missing[:5])}",
                "Classify the same documents: voc classify INPUT -o FILE.jsonl.",
            )
        predictions = [said[e.document.id] for e in examples]
        return outcome(examples, predictions, taxonomy.labels), predictions[0].model
    chosen = {"model": options.model, "threads": options.threads, "device": options.device, "quality": options.quality}
    config = load_config(None, {f"general.{key}": value for key, value in chosen.items()})
    classifier = find_classifier(config, taxonomy)
    engine = make_engine(config, classifier, taxonomy)
    progress.start("classifying", len(examples))
    found: list[Prediction] = []
    for classified in engine.classify(example.document for example in examples):
        found.append(classified.prediction)
        progress.advance(1)
    progress.finish()
    return outcome(examples, found, classifier.labels, classifier.thresholds), classifier.id


def _gate(options: EvaluateOptions, file: Path, value: Evaluation, result: RunResult) -> None:
    name = options.gold.stem
    if options.set_floors:
        set_gate(file, name, value.figures, value.digest, value.model, options.lower)
        result.say(f"the bounds of [{name}] in {file} are set")
        return
    entries = read_gate(file)
    if name not in entries:
        known = ", ".join(entries) or "none"
        raise ConfigError(f"{file} has no bounds for {name!r} (it has: {known})", "Set them with --set-floors.")
    try:
        check_gate(value.figures, entries[name], value.digest, value.model)
    except QualityGateError as error:
        error.result = result
        raise
    result.say(f"every bound of [{name}] in {file} is kept")


def _tell(value: Evaluation, result: RunResult) -> None:
    """The figures for people. The heads are whole texts, in columns as their translations are."""
    result.say(f"model  {value.model}")
    result.say(f"data   {value.gold}, {value.documents:,} documents, sha256 {value.digest}")
    result.say("output                        true  found  precision   recall      F1   95% interval")
    for row in value.slices:
        if row.part == "all":
            numbers = f"{row.precision.value:11.3f}{row.recall.value:9.3f}{row.f1.value:8.3f}"
            result.say(f"{row.label:28}{row.true:6,}{row.found:7,}{numbers}   {row.f1.low:.3f}–{row.f1.high:.3f}")
    result.say("figure                                  value   95% interval  documents")
    for name, figure in value.figures.items():
        span = f"{figure.low:6.3f}–{figure.high:.3f}"
        result.say(f"{name:38}{figure.value:7.3f}  {span}{figure.documents:11,}")
    if value.coverage:
        result.say("left out: the unclear ones    rule    kept  precision   recall      F1   wrong")
        for c in value.coverage:
            numbers = f"{c.precision:11.3f}{c.recall:9.3f}{c.f1:8.3f}{c.error:8.3f}"
            result.say(f"{c.label:28}{c.rule:>6}{c.coverage:8.3f}{numbers}")
    result.say(f"{len(value.errors):,} wrong decisions; --html FILE shows them with their text")
