"""Measure the classifier on labelled feedback, with 95% bootstrap intervals.

    python scripts/evaluate.py --gold corpora/harbourline --gate tests/quality.toml
    python scripts/evaluate.py --gold gold/dev.jsonl --json

``--gold`` is a labelled JSONL file, or the folder of a corpus with a labels file. ``--gate`` compares the figures with
floors and ceilings measured on the same data, and exits with 5 where one is missed.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from voc.classify import load_classifier
from voc.classify.evaluate import Figure, check_gate, figures, outcome
from voc.classify.gold import Example, labelled, read_gold
from voc.classify.metrics import ROUNDS
from voc.documents import Document
from voc.encoders import load_encoder
from voc.engines import LocalEngine
from voc.errors import InputError, VocError
from voc.ingest import open_source
from voc.taxonomy import Taxonomy, default_taxonomy


@click.command(help=__doc__)
@click.option("--gold", type=click.Path(path_type=Path), required=True, help="Labelled JSONL, or a corpus folder.")
@click.option("--model", default=None, help="Model by name or folder; the default model if left out.")
@click.option("--gate", type=click.Path(path_type=Path, dir_okay=False), help="TOML with digest, floors and ceilings.")
@click.option("--rounds", default=ROUNDS, show_default=True, help="Bootstrap rounds for the intervals.")
@click.option("--threads", default=0, help="0: all cores; figures do not depend on it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(gold: Path, model: str | None, gate: Path | None, rounds: int, threads: int, as_json: bool) -> None:
    try:
        measured, digest, name = measure(gold, model, rounds, threads)
        if as_json:
            rows = {key: asdict(figure) for key, figure in measured.items()}
            click.echo(json.dumps({"model": name, "digest": digest, "figures": rows}, indent=1))
        else:
            print_table(measured, name, digest)
        if gate:
            check_gate(measured, tomllib.loads(gate.read_text("utf-8")), digest)
            click.echo(f"every bound of {gate} is kept", err=True)
    except VocError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


def measure(gold: Path, model: str | None, rounds: int, threads: int) -> tuple[dict[str, Figure], str, str]:
    """Figures, digest of the data (sha256 over its files) and the classifier's id."""
    taxonomy = default_taxonomy()
    examples, files = read_corpus(gold, taxonomy) if gold.is_dir() else (read_gold(gold, taxonomy), [gold])
    digest = hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)).hexdigest()
    classifier = load_classifier(model, taxonomy)
    engine = LocalEngine(load_encoder(model, threads=threads), classifier)
    results = list(engine.classify(example.document for example in examples))
    return figures(outcome(examples, results, classifier.labels), rounds), digest, classifier.id


def read_corpus(folder: Path, taxonomy: Taxonomy) -> tuple[list[Example], list[Path]]:
    """The labelled documents of a corpus folder, read as ``voc`` reads them, and the files they came from."""
    listed = tomllib.loads((folder / "corpus.toml").read_text("utf-8"))["files"]
    files = [folder / name for name in listed["documents"]]
    labels_file = folder / listed["labels"]
    rows = {row["id"]: row for row in map(json.loads, labels_file.read_text("utf-8").strip().split("\n"))}
    documents = [document for file in files for document in read_documents(file)]
    missing = sorted(rows.keys() - {document.id for document in documents})
    if missing:
        raise InputError(f"{labels_file} labels what is not there: {', '.join(missing[:5])}", "Check the ids.")
    return [labelled(d, rows[d.id], taxonomy) for d in documents if d.id in rows], [*files, labels_file]


def read_documents(file: Path) -> Sequence[Document]:
    source = open_source(str(file))
    return [entry for entry in source if isinstance(entry, Document)]


def print_table(measured: dict[str, Figure], name: str, digest: str) -> None:
    click.echo(f"model {name}\ndata  {digest}\n{'figure':32}{'value':>8}   95% interval   documents")
    for key, f in measured.items():
        click.echo(f"{key:32}{f.value:8.3f}   {f.low:.3f} to {f.high:.3f} {f.documents:8d}")


if __name__ == "__main__":
    main()
