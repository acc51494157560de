"""Workbooks that claim, link and unfold."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, Final

from tests.hostile.makers import file_of, maker

_TYPES: Final = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName='
    '"/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    "</Types>"
)
_REL: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def _book(folder: Path, sheet: Any, *, strings: str = "", more: dict[str, str] | None = None) -> Path:
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets><sheet name="s" sheetId="1" r:id="r1"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{_REL}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/sharedStrings.xml": strings or f'<sst xmlns="{_MAIN}"></sst>',
    }
    path = folder / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in (parts | (more or {})).items():
            book.writestr(name, content)
        with book.open("xl/worksheets/sheet1.xml", "w") as part:
            for piece in [sheet] if isinstance(sheet, str) else sheet:
                part.write(piece.encode())
    return path


def _sheet(rows: str, claim: str = "A1:C2") -> str:
    return f'<worksheet xmlns="{_MAIN}"><dimension ref="{claim}"/><sheetData>{rows}</sheetData></worksheet>'


def _cells(number: int, *texts: str) -> str:
    cells = (f'<c r="{chr(65 + i)}{number}" t="inlineStr"><is><t>{text}</t></is></c>' for i, text in enumerate(texts))
    return f'<row r="{number}">{"".join(cells)}</row>'


_ROWS: Final = _cells(1, "id", "date", "comment") + _cells(2, "r1", "2026-03-04", "the crew was rude to all of us")


@maker
def xlsx_claims(folder: Path, mb: int) -> Path:
    return _book(folder, _sheet(_ROWS, "A1:XFD1048576"))


@maker
def xlsx_stray_cell(folder: Path, mb: int) -> Path:
    return _book(folder, _sheet(f'{_ROWS}<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row>'))


@maker
def xlsx_stray_cell_not_so_far(folder: Path, mb: int) -> Path:
    return _book(folder, _sheet(f'{_ROWS}<row r="50000"><c r="BZZ50000" t="n"><v>1</v></c></row>'))


@maker
def xlsx_billion_laughs(folder: Path, mb: int) -> Path:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    strings = f'<!DOCTYPE sst [<!ENTITY l0 "laugh">{entities}]><sst xmlns="{_MAIN}"><si><t>&l11;</t></si></sst>'
    rows = '<row r="3"><c r="A3" t="s"><v>0</v></c></row>'
    return _book(folder, _sheet(_ROWS + rows), strings=f'<?xml version="1.0"?>{strings}')


@maker
def xlsx_entity_of_a_file(folder: Path, mb: int) -> Path:
    secret = file_of(folder, "secret.txt", "the secret")
    strings = f'<!DOCTYPE sst [<!ENTITY x SYSTEM "{secret.as_uri()}">]><sst xmlns="{_MAIN}"><si><t>&x;</t></si></sst>'
    rows = '<row r="3"><c r="A3" t="s"><v>0</v></c><c r="C3" t="s"><v>0</v></c></row>'
    return _book(folder, _sheet(_ROWS + rows), strings=strings)


@maker
def xlsx_external_links(folder: Path, mb: int) -> Path:
    link = f'<externalLink xmlns="{_MAIN}" xmlns:r="{_REL}"><externalBook r:id="r1"/></externalLink>'
    rel = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    rel += f'Type="{_REL}/externalLinkPath" Target="http://127.0.0.1:9/x.xlsx" TargetMode="External"/></Relationships>'
    rows = '<row r="3"><c r="C3"><f>[1]s!A1</f><v>1</v></c></row>'
    more = {"xl/externalLinks/externalLink1.xml": link, "xl/externalLinks/_rels/externalLink1.xml.rels": rel}
    return _book(folder, _sheet(_ROWS + rows), more=more)


@maker
def xlsx_bomb(folder: Path, mb: int) -> Path:
    """A hundred times as much XML as it weighs."""
    pieces = ("<row></row>" * 90_000 for _ in range(20 * mb))
    return _book(
        folder, iter([_sheet("").replace("</sheetData></worksheet>", ""), *pieces, "</sheetData></worksheet>"])
    )


@maker
def xlsx_cut(folder: Path, mb: int) -> Path:
    path = xlsx_claims(folder, mb)
    path.write_bytes(path.read_bytes()[:-60])
    return path
