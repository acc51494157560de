"""Measures what voc redacts.

    python scripts/evaluate_redaction.py generated            # recall by kind on the generated set, both scripts
    python scripts/evaluate_redaction.py sample               # recall on the annotated sample corpus, corpora/heronsund
    python scripts/evaluate_redaction.py speed PATH ...       # documents a second
    python scripts/evaluate_redaction.py draw PATH ... [--count 200 --seed 1]   # redactions to be read by a person

A span counts as found where its mark covers at least half of it and is of its kind (a number of another kind of number
counts: what matters is that it is gone).
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from scripts.generate_personal_data import Case, cases
from voc.documents import Document
from voc.ingest import IngestOptions, open_sources
from voc.privacy import Found, find

ROOT: Final = Path(__file__).resolve().parents[1]
SAMPLE: Final = ROOT / "corpora" / "heronsund"
_AROUND: Final = 40
_NUMBERS: Final = frozenset({"phone", "card", "id", "plate", "ip"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("generated", "sample", "speed", "draw"))
    parser.add_argument("paths", nargs="*")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=1500, help="documents of each source that are looked at")
    parser.add_argument("--missed", action="store_true", help="print what was not found")
    given = parser.parse_intermixed_args()
    if given.what == "generated":
        _recall(cases(given.seed), given.missed)
    elif given.what == "sample":
        _recall(_sample(), given.missed)
    elif given.what == "speed":
        _speed(_documents(given.paths, given.limit))
    else:
        _draw(_documents(given.paths, given.limit), given.count, given.seed)


def _documents(paths: Iterable[str], limit: int | None = None) -> Iterator[Document]:
    for path in paths:
        for source in open_sources(
            path, IngestOptions(as_of=dt.date(2026, 11, 15), company_domains=("heronsund.example",))
        ):
            documents = (item for _, item in source.rows() if isinstance(item, Document))
            yield from islice(documents, limit)


def _sample() -> Iterator[Case]:
    lines = (SAMPLE / "personal.jsonl").read_text("utf-8").splitlines()
    wanted = {row["id"]: row["spans"] for row in map(json.loads, lines)}
    for document in _documents([str(SAMPLE / "feedback")]):
        if document.id in wanted:
            spans = [(start, end, kind) for start, end, kind in wanted[document.id]]
            yield Case(document.language, document.text, spans)


def _recall(cases: Iterable[Case], missed: bool) -> None:
    total: Counter[tuple[str, str]] = Counter()
    hit: Counter[tuple[str, str]] = Counter()
    for case in cases:
        found = find(case.text)
        for start, end, kind in case.spans:
            total[kind, case.language] += 1
            if _covers(found, start, end, kind):
                hit[kind, case.language] += 1
            elif missed:
                print(
                    kind,
                    case.language,
                    repr(case.text[max(0, start - 25) : start]),
                    repr(case.text[start:end]),
                    repr(case.text[end : end + 15]),
                )
    print(f"{'kind':12}{'language':10}{'found':>7}{'of':>7}{'recall':>8}")
    for kind, language in sorted(total):
        k, n = hit[kind, language], total[kind, language]
        print(f"{kind:12}{language:10}{k:7}{n:7}{k / n:8.3f}")
    for kind in sorted({kind for kind, _ in total}):
        k, n = (sum(count for (one, _), count in counter.items() if one == kind) for counter in (hit, total))
        print(f"{kind:12}{'all':10}{k:7}{n:7}{k / n:8.3f}")


def _covers(found: list[Found], start: int, end: int, kind: str) -> bool:
    covered = 0
    for one in found:
        mark = one.mark.strip("[]")
        if mark == kind or (mark in _NUMBERS and kind in _NUMBERS):
            covered += max(0, min(end, one.end) - max(start, one.start))
    return covered * 2 >= end - start


def _speed(documents: Iterable[Document]) -> None:
    texts = [document.text for document in documents]
    find("Dear Ann, 王伟")  # reads the word lists
    start = time.perf_counter()
    found = sum(len(find(text)) for text in texts)
    seconds = time.perf_counter() - start
    print(
        f"{len(texts)} documents, {sum(map(len, texts))} characters, {found} redactions:"
        f" {len(texts) / seconds:.0f} a second"
    )


def _draw(documents: Iterable[Document], count: int, seed: int) -> None:
    """``count`` redactions, each as likely as any other."""
    lines: list[tuple[str, str]] = []
    kinds: Counter[str] = Counter()
    for document in documents:
        for one in find(document.text):
            kinds[one.mark] += 1
            before, after = document.text[max(0, one.start - _AROUND) : one.start], document.text[one.end :][:_AROUND]
            line = f"{one.mark} {before}<<{document.text[one.start : one.end]}>>{after}".replace("\n", " / ")
            lines.append((document.source, line))
    random.Random(seed).shuffle(lines)  # noqa: S311
    for number, (source, line) in enumerate(lines[:count], start=1):
        print(number, source[:14], line)
    print(dict(kinds))


if __name__ == "__main__":
    main()
