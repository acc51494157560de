"""What people said of documents, read from the files that they work in: XLSX, Label Studio JSON, gold JSONL.

Every mistake of a file is found before any of it is used; the error lists them by row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from voc.classify.gold import Example, read_gold
from voc.errors import InputError, UsageError
from voc.taxonomy import COMPLAINT, Taxonomy

SHEET: Final = "label"
NONE: Final = "none of these"
QUOTE: Final = "quote "  # and the label: the column with the words that show it
CHOICES, SPANS = "labels", "quotes"  # names of the controls in Label Studio
HEAD: Final = ("key", "id", "sample", "channel", "language", "day", "text")
_YES: Final = frozenset({"yes", "y", "1", "1.0", "x", "true", "是", "有"})
_NO: Final = frozenset({"no", "n", "0", "0.0", "false", "否", "无", "無"})
_SHOWN: Final = 10  # mistakes that an error lists


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """One labelled document: ``labels`` maps every label of the taxonomy to yes or no; ``head`` holds key, id, sample,
    channel, language, day and text as far as the file has them; ``who`` labelled it, where the file says so."""

    row: int
    labels: Mapping[str, bool]
    quotes: Mapping[str, str] = field(default_factory=dict)
    head: Mapping[str, str] = field(default_factory=dict)
    who: str = ""

    @property
    def key(self) -> str:
        """By what rows of two files are the same document: the content key, else the id."""
        return self.head.get("key") or self.head.get("id", "")


class _Mistake(Exception):
    """What is wrong with one row."""


def read_labelled_rows(path: Path, taxonomy: Taxonomy) -> list[LabelledRow]:
    """The labelled rows of a file; rows that nobody filled in are left out.

    InputError lists all mistakes by row (yes and no misspelt, unknown labels, a document twice); UsageError for an
    ending that is not .xlsx, .json (Label Studio) or .jsonl (gold, records of ``voc classify``).
    """
    readers = {".xlsx": _xlsx, ".json": _label_studio, ".jsonl": _gold}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise UsageError(f"no labels are read from {path.name!r}", f"Give one of {', '.join(readers)}.")
    found, wrong, seen = list[LabelledRow](), list[str](), dict[str, int]()
    for number, made in reader(path, taxonomy):
        if isinstance(made, str):
            wrong.append(f"row {number}: {made}")
        elif made.key in seen:
            wrong.append(f"row {number}: the document {made.key} stands in row {seen[made.key]} already")
        else:
            seen[made.key] = number
            found.append(made)
    if wrong:
        more = f"\nand {len(wrong) - _SHOWN:,} more" if len(wrong) > _SHOWN else ""
        raise InputError(
            f"{path} has {len(wrong):,} mistakes, nothing of it was taken:\n" + "\n".join(wrong[:_SHOWN]) + more,
            "Mend them in the file and give it again.",
        )
    if not found:
        raise InputError(f"{path} holds no labelled documents", "Rows that are blank are not labelled.")
    return found


Rows = Iterator[tuple[int, LabelledRow | str]]


def _xlsx(path: Path, taxonomy: Taxonomy) -> Rows:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(SHEET).to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError) as error:
        hint = f"Give the workbook that voc label export wrote, with its sheet {SHEET!r}."
        raise InputError(f"cannot read {path}: {error}", hint) from error
    names = [str(cell).strip() for cell in sheet[0]] if sheet else []
    lacking = [name for name in ("key", *taxonomy.labels) if name not in names]
    if lacking:
        hint = "Keep the first row as voc label export wrote it, and give the same model or --taxonomy."
        raise InputError(f"{path} lacks the columns {', '.join(lacking)}", hint)
    for number, cells in enumerate(sheet[1:], start=2):
        row = {name: cell for name, cell in zip(names, cells, strict=False) if name}
        try:
            made = _from_cells(number, row, taxonomy)
        except _Mistake as error:
            yield number, str(error)
            continue
        if made is not None:
            yield number, made


def _from_cells(number: int, row: Mapping[str, Any], taxonomy: Taxonomy) -> LabelledRow | None:
    given = {label: _answer(label, row.get(label, "")) for label in taxonomy.labels}
    nothing = _answer(NONE, row.get(NONE, ""))
    if all(answer is None for answer in given.values()) and nothing is None:
        return None
    if nothing and any(given.values()):
        raise _Mistake(f"{NONE!r} is yes, but so is {next(label for label, yes in given.items() if yes)}")
    head = {name: _text(row.get(name, "")) for name in HEAD}
    if not head["key"]:
        raise _Mistake("the key is missing")
    quotes = {label: _text(row.get(QUOTE + label, "")) for label in taxonomy.complaint_labels}
    return LabelledRow(
        row=number,
        labels={label: bool(answer) for label, answer in given.items()},
        quotes={label: quote for label, quote in quotes.items() if quote and given[label]},
        head=head,
    )


def _answer(label: str, cell: object) -> bool | None:
    """Yes, no, or None for a blank cell."""
    said = str(cell).strip().lower()
    if said in _YES:
        return True
    if said in _NO:
        return False
    if said:
        raise _Mistake(f"{label} is {str(cell)[:40]!r}: write yes or no")
    return None


def _text(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _label_studio(path: Path, taxonomy: Taxonomy) -> Rows:
    """Label Studio's JSON export: tasks with ``data`` and ``annotations``; cancelled ones are skipped."""
    try:
        tasks = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"cannot read {path}: {error}", "Export the project from Label Studio as JSON.") from error
    if not isinstance(tasks, list):
        raise InputError(f"{path} is no list of tasks", "Export the project from Label Studio as JSON (not JSON-MIN).")
    for number, task in enumerate(tasks, start=1):
        try:
            made = _from_task(number, task, taxonomy)
        except _Mistake as error:
            yield number, str(error)
        except (KeyError, TypeError, AttributeError) as error:
            yield number, f"not a task of Label Studio's JSON export ({error!r})"
        else:
            if made is not None:
                yield number, made


def _from_task(number: int, task: Mapping[str, Any], taxonomy: Taxonomy) -> LabelledRow | None:
    done = [one for one in task.get("annotations", []) if not one.get("was_cancelled")]
    if not done:
        return None
    if len(done) > 1:
        raise _Mistake(f"{len(done)} annotations: keep one (voc label agree compares two files)")
    labels, quotes = dict.fromkeys(taxonomy.labels, False), dict[str, str]()
    for part in done[0]["result"]:
        kind, value = part["type"], part["value"]
        for label in value.get(kind, []) if kind in ("choices", "labels") else []:
            if label == NONE:
                continue
            if label not in labels:
                raise _Mistake(f"unknown label {str(label)[:40]!r}")
            labels[label] = True
            if kind == "labels":
                quotes.setdefault(label, str(value.get("text", "")))
    data = task["data"]
    head = {name: str(data.get(name, "")) for name in HEAD}
    if not head["key"]:
        raise _Mistake("data.key is missing")
    by = done[0].get("completed_by", "")
    who = str(by.get("email") or by.get("id", "")) if isinstance(by, dict) else str(by)
    return LabelledRow(number, labels, quotes, head, f"label-studio:{who}" if who else "")


def _gold(path: Path, taxonomy: Taxonomy) -> Rows:
    for number, example in enumerate(read_gold(path, taxonomy), start=1):
        yield number, of_example(number, example, taxonomy.labels)


def of_example(number: int, example: Example, labels: Sequence[str]) -> LabelledRow:
    """A gold example as a labelled row; its id stands for the content key."""
    document = example.document
    head = {
        "id": document.id, "channel": document.channel, "language": document.language, "text": document.text,
        "day": document.time or "",
    }  # fmt: skip
    quotes = {label: quote for label, quote in example.quotes.items() if quote and label.endswith(f".{COMPLAINT}")}
    return LabelledRow(number, {label: label in example.labels for label in labels}, quotes, head)
