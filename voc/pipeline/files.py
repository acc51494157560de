"""Classifies files without a workspace: one record for each document, in the order of the input."""

from __future__ import annotations

import datetime as dt
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from voc.classify import record
from voc.classify.taxonomies import find_taxonomy
from voc.documents import SET_ASIDE, Document, Reject
from voc.errors import TooManyRejects
from voc.exports import check_ending, write_rows
from voc.ingest import IngestOptions, Source, open_sources
from voc.ingest.remote import check_target, send
from voc.pipeline.context import find_classifier, log, make_engine, settings_of
from voc.pipeline.options import Progress, RunOptions
from voc.privacy import redact

# Columns that every file of records has, also one without rows.
_COLUMNS = (
    "id", "status", "language", "channel", "labels", "praise", "leave", "drivers", "leave_probability",
    "leave_evidence", "abstained", "model",
)  # fmt: skip


def classify_files(inputs: tuple[str, ...], out: str, options: RunOptions, progress: Progress) -> dict[str, object]:
    """Writes a record for each document of ``inputs`` to ``out``, a path or a URL; the summary of what was done.

    Rejected rows are named in the log, redacted. TooManyRejects after everything was written.
    """
    check_ending(Path(out))
    with target(out) as file:
        return _classify(inputs, out, file, options, progress)


@contextmanager
def target(out: str) -> Iterator[Path]:
    """The file to write for ``out``: itself, or where it is a URL a private one that is sent there in the end, also
    when what was written comes with TooManyRejects."""
    if "://" not in out:
        yield Path(out)
        return
    check_target(out)
    with TemporaryDirectory(prefix="voc-") as folder:
        file = Path(folder) / f"records{check_ending(Path(out))}"
        try:
            yield file
        except TooManyRejects:
            send(file, out)
            raise
        send(file, out)


def _classify(
    inputs: tuple[str, ...], out: str, file: Path, options: RunOptions, progress: Progress
) -> dict[str, object]:
    config = settings_of(options, alone=True)
    as_of = dt.date.fromisoformat(options.as_of) if options.as_of else None
    # Offsets of evidence are those of the file's own text, so nothing is repaired.
    reading = IngestOptions(
        mapping=options.mapping,
        as_of=as_of,
        repair=False,
        agents=config.ingest.agents,
        customers=config.ingest.customers,
        company_domains=config.ingest.company_domains,
    )
    sources = _open(inputs, reading)
    taxonomy = find_taxonomy(config.general.model, options.taxonomy)
    classifier = find_classifier(config, taxonomy)
    engine = make_engine(config, classifier, taxonomy)
    counts = Counter[str]()
    waiting: deque[Document] = deque()

    def documents() -> Iterator[Document]:
        for document in _documents(sources, counts):
            waiting.append(document)
            yield document

    def records() -> Iterator[dict[str, object]]:
        for classified in engine.classify(documents()):
            progress.advance(1)
            counts["documents"] += 1
            counts[classified.prediction.status] += 1
            yield record(waiting.popleft(), classified, taxonomy)

    progress.start("classifying", None)
    write_rows(file, records(), _COLUMNS)
    progress.finish()
    summary: dict[str, object] = {
        "documents": counts["documents"],
        "rejects": counts["rejects"],
        "statuses": {s: counts[s] for s in ("ok", "empty", "no_customer_turns", "untested_language") if counts[s]},
        "file": out,
        "model": engine.model,
    }
    rows = counts["documents"] + counts["rejects"]
    if rows and (counts["rejects"] - counts["set_aside"]) / rows > config.ingest.max_reject_share:
        raise TooManyRejects(
            f"{counts['rejects']:,} of {rows:,} rows were rejected, more than {config.ingest.max_reject_share:.1%}",
            f"The records of all others are in {out}; --max-reject-share allows more.",
            result=summary,
        )
    return summary


def _open(inputs: tuple[str, ...], reading: IngestOptions) -> list[Source]:
    """All sources, their choices told: what cannot be read is known before minutes of work."""
    sources = [source for path in inputs for source in open_sources(path, reading)]
    for source in sources:
        for choice in source.choices:
            log.info("%s: %s", source.name, choice)
    return sources


def _documents(sources: list[Source], counts: Counter[str]) -> Iterator[Document]:
    for source in sources:
        for _, item in source.rows():
            if isinstance(item, Reject):
                counts["rejects"] += 1
                counts["set_aside"] += item.reason in SET_ASIDE
                shown = redact(item.value)
                log.warning("%s row %d: %s: %s %r", source.name, item.row, item.reason, item.detail, shown)
            else:
                yield item
        for warning in source.warnings():
            log.warning("%s", warning)
