"""The files that people label in: a workbook with the codebook as a sheet, or tasks for Label Studio with its config.

Texts come in redacted. Every cell is a text, never a formula; everything in the config is escaped.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from voc.classify.labelled_rows import CHOICES, HEAD, NONE, QUOTE, SHEET, SPANS
from voc.taxonomy import COMPLAINT, PRAISE, Driver, Taxonomy

DISPUTED: Final = "disputed"
_WIDTHS: Final = {"key": 12, "id": 14, "text": 90, DISPUTED: 40}
_EXCEL_CELL: Final = 32_767  # UTF-16 units
# XML 1.0 has no place for these, not even escaped.
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_RULES: Final = (
    "Label what the customer experienced and says, and nothing that has to be guessed. A document may carry any number "
    "of labels, or none.",
    "A row counts as labelled once one of its cells is filled: yes or no. Cells left blank in it mean no. Where "
    f"nothing applies, write yes under {NONE!r}.",
    "For a complaint, copy the shortest words that show it, letter for letter, into the column with its quote.",
    "In conversations only what the customer says or visibly objects to counts.",
    "标注客户所经历和所说的，不做猜测。一条反馈可以有任意多个标签，也可以没有。一行中只要填了一格即视为已标注，其余空格表示“否”。",
    "標註客戶所經歷和所說的，不做猜測。一則回饋可以有任意多個標籤，也可以沒有。一列中只要填了一格即視為已標註，其餘空格表示「否」。",
)


def columns(taxonomy: Taxonomy) -> list[str]:
    """The label columns of the workbook: complaints, each with its quote, then praises, leave and none of these."""
    out: list[str] = []
    for label in taxonomy.labels:
        out += [label, QUOTE + label] if label.endswith(f".{COMPLAINT}") else [label]
    return [*out, NONE]


def write_workbook(path: Path, taxonomy: Taxonomy, rows: Sequence[Mapping[str, str]]) -> None:
    """A workbook with the sheets ``label`` and ``codebook``; ``rows`` map column names to texts. Same rows, same bytes.

    OSError (also xlsxwriter's own) where it cannot be written.
    """
    import xlsxwriter

    settings = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(str(path), settings)
    book.set_properties({"created": dt.datetime(2000, 1, 1, tzinfo=dt.UTC)})  # else the file holds the time of writing
    disputed = [DISPUTED] if any(DISPUTED in row for row in rows) else []
    names = [*HEAD, *disputed, *columns(taxonomy)]
    sheet = book.add_worksheet(SHEET)
    bold, wrapped = book.add_format({"bold": True, "text_wrap": True, "valign": "top"}), _wrapped(book)
    sheet.freeze_panes(1, len(HEAD) + len(disputed))
    for column, name in enumerate(names):
        sheet.set_column(column, column, _WIDTHS.get(name, 30 if name.startswith(QUOTE) else 13), wrapped)
        sheet.write_string(0, column, name, bold)
        if (name in taxonomy.labels or name == NONE) and rows:
            sheet.data_validation(1, column, len(rows), column, {"validate": "list", "source": ["yes", "no"]})
    for number, row in enumerate(rows, start=1):
        for column, name in enumerate(names):
            if row.get(name):
                sheet.write_string(number, column, _cell(row[name]), wrapped)
    _codebook(book, taxonomy, bold, wrapped)
    book.close()


def _wrapped(book: Any) -> Any:
    return book.add_format({"text_wrap": True, "valign": "top"})


def _codebook(book: Any, taxonomy: Taxonomy, bold: Any, wrapped: Any) -> None:
    sheet = book.add_worksheet("codebook")
    sheet.set_column(0, 0, 28, wrapped)
    sheet.set_column(1, 4, 60, wrapped)
    lines: list[tuple[str, ...]] = [("how to label", rule) for rule in _RULES]
    lines += [("label", "name", "what it is", "什么算", "examples"), *_entries(taxonomy)]
    for number, line in enumerate(lines):
        for column, text in enumerate(line):
            sheet.write_string(number, column, _cell(text), bold if column == 0 else wrapped)


def _entries(taxonomy: Taxonomy) -> Iterator[tuple[str, ...]]:
    for side in (COMPLAINT, PRAISE):
        for driver in taxonomy.drivers:
            names = driver.name if side == COMPLAINT else driver.praise_name
            meaning = [driver.definition.get(language, "") for language in ("en", "zh-Hans")]
            if side == PRAISE:
                meaning = [f"The opposite of: {meaning[0]}", f"相反的情形：{meaning[1]}" if meaning[1] else ""]
            examples = "\n".join(driver.examples) if side == COMPLAINT else ""
            yield f"{driver.key}.{side}", " / ".join(names.values()), *meaning, examples
    said = "The writer has left, is leaving, cancels, switches, or will not come back."
    yield (
        "leave",
        " / ".join(taxonomy.leave_name.values()),
        said,
        "客户已经离开、正在离开、取消、换别家，或表示不会再来。",
        "",
    )


def write_label_studio(path: Path, taxonomy: Taxonomy, rows: Sequence[Mapping[str, str]]) -> Path:
    """Tasks in Label Studio's JSON format as ``path``, and beside it the labelling config (.xml), its path."""
    tasks = [{"data": {name: row.get(name, "") for name in HEAD}} for row in rows]
    path.write_text(json.dumps(tasks, ensure_ascii=True, indent=1) + "\n", "utf-8")
    config = path.with_suffix(".xml")
    config.write_text(label_config(taxonomy), "utf-8")
    return config


def label_config(taxonomy: Taxonomy) -> str:
    """The labelling interface: spans for complaints (their quotes), choices for all labels."""
    hints = {f"{driver.key}.{side}": _hint(driver, side) for driver in taxonomy.drivers for side in (COMPLAINT, PRAISE)}
    hints["leave"] = " / ".join(taxonomy.leave_name.values())
    lines = ["<View>", "  <Style>.htx-text{ white-space: pre-wrap; }</Style>"]
    lines += [f"  <Header value={_attribute(rule)} size='6'/>" for rule in _RULES[:1]]
    lines.append(f'  <Labels name="{SPANS}" toName="text" choice="multiple">')
    lines += [f"    <Label value={_attribute(label)}/>" for label in taxonomy.complaint_labels]
    lines += ["  </Labels>", '  <Text name="text" value="$text"/>']
    lines.append(f'  <Choices name="{CHOICES}" toName="text" choice="multiple" required="true">')
    lines += [f"    <Choice value={_attribute(label)} hint={_attribute(hints[label])}/>" for label in taxonomy.labels]
    lines += [f"    <Choice value={_attribute(NONE)}/>", "  </Choices>", "</View>"]
    return "\n".join(lines) + "\n"


def _hint(driver: Driver, side: str) -> str:
    name = driver.name["en"] if side == COMPLAINT else driver.praise_name["en"]
    return f"{name}: {driver.definition['en']}" if side == COMPLAINT else name


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", text))


def _cell(text: str) -> str:
    """A text that a cell can hold: no character that XML has not, at most Excel's length."""
    clean = _NOT_XML.sub("\ufffd", text)
    units = clean.encode("utf-16-le")
    return clean if len(units) <= 2 * _EXCEL_CELL else units[: 2 * _EXCEL_CELL].decode("utf-16-le", "ignore")
