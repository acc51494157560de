"""Tables and JSON that are too long, too wide, too deep or broken."""

from __future__ import annotations

from pathlib import Path

from tests.hostile.makers import ROW, file_of, header, maker


@maker
def csv_endless_line(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.csv", header(), "r2,2026-03-04,", *(b"a" * 1_000_000 for _ in range(mb)))


@maker
def csv_endless_quote(folder: Path, mb: int) -> Path:
    return file_of(
        folder, "a.csv", header(), 'r2,2026-03-04,"', *((b"ab c " * 10 + b"\n") * 20_000 for _ in range(mb)), ROW
    )


@maker
def csv_quotes_that_never_close(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.csv", header(), *('x and y","z"" and more\n' * 45_000 for _ in range(mb)))


@maker
def csv_only_quotes(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.csv", header(), *('"' * 1_000_000 for _ in range(mb)))


@maker
def csv_stray_quotes(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.csv", header(), *('r,2026-03-04,"said "no" again\n' * 33_000 for _ in range(mb)))


@maker
def csv_only_commas(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.csv", header(), *("," * 1_000_000 for _ in range(mb)))


@maker
def csv_columns(folder: Path, mb: int) -> Path:
    names = ",".join(f"column {n}" for n in range(100_000))
    return file_of(folder, "a.csv", names, "\n", ",".join("x" for _ in range(100_000)), "\n")


@maker
def csv_columns_of_one_name(folder: Path, mb: int) -> Path:
    return file_of(
        folder, "a.csv", ",".join(["comment"] * 16_000), "\n", ",".join(["it was bad and late"] * 16_000), "\n"
    )


@maker
def csv_long_word(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.csv", header(), "r2,2026-03-04,", "w" * 10_000_000, "\n", ROW)


@maker
def csv_nul(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.csv", header(), "r2,2026-03-04,it was\0 bad and\0 late\n", "\0\n", ROW)


@maker
def csv_surrogates(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.csv", header(), "r2,2026-03-04,\ud800 it was bad \udfff and late\n", ROW)


@maker
def csv_wrong_charset(folder: Path, mb: int) -> Path:
    return file_of(
        folder, "a.csv", "id,date,comment\n".encode("utf-16-be"), "r,x,退款".encode("gb18030"), b"\xff\xfe\x81"
    )


@maker
def csv_line_ends(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.csv", header(), *("\r" * 250_000 + "\r\n" * 120_000 for _ in range(mb)))


@maker
def csv_dates(folder: Path, mb: int) -> Path:
    """Dates that nearly are some, and are long."""
    rows = (f"r{n},{'1' * 3000}/{' ' * 3000}2026,it was bad and late\n" for n in range(100))
    return file_of(folder, "a.csv", header(), *rows)


@maker
def json_deep_array(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.json", "[" * 10_000, "]" * 10_000)


@maker
def json_deeper_array(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.json", "[" * 1_000_000)


@maker
def json_deep_object(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.json", '{"a":' * 10_000, "1", "}" * 10_000)


@maker
def json_deeper_object(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.json", '{"a":' * 200_000, "1", "}" * 200_000)


@maker
def json_deep_value(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.json", '[{"text": "it was late", "x": ', "[" * 100_000, "]" * 100_000, "}]")


@maker
def json_of_empty_lists(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.json", '[{"text": "it was late", "x": [[]', *(",[]" * 333_000 for _ in range(mb)), "]}]")


@maker
def json_one_text(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.json", '[{"text": "', *("late " * 200_000 for _ in range(mb)), '"}]')


@maker
def json_keys(folder: Path, mb: int) -> Path:
    keys = (f'"k{n}": {n}, ' for n in range(80_000))
    return file_of(folder, "a.json", '[{"text": "it was late", ', *keys, '"z": 1}]')


@maker
def jsonl_deep(folder: Path, mb: int) -> Path:
    good = '{"text": "it was late"}\n'
    return file_of(folder, "a.jsonl", good, '{"text": "x", "a": ', "[" * 10_000, "]" * 10_000, "}\n", good)


@maker
def jsonl_of_empty_lists(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.jsonl", '{"text": "it was late", "x": [[]', *(",[]" * 333_000 for _ in range(mb)), "]}\n")


@maker
def jsonl_large_metadata(folder: Path, mb: int) -> Path:
    row = '{"text": "it was late", "x": {"y": "' + "w" * 900_000 + '"}}\n'
    return file_of(folder, "a.jsonl", *(row for _ in range(mb)))


@maker
def jsonl_surrogates(folder: Path, mb: int) -> Path:
    rows = [
        '{"text": "\\ud800 late", "\\udfff": "\\ud83d"}',
        '{"text": "a\\u0000b", "customer": "\\u0000"}',
        '{"text": "\ud800"}',
    ]
    return file_of(folder, "a.jsonl", *(f"{row}\n" for row in rows))


@maker
def jsonl_numbers(folder: Path, mb: int) -> Path:
    rows = ['"rating": ' + "9" * 5000, '"value": 1e999999', '"value": -Infinity', '"time": ' + "9" * 400, '"time": NaN']
    return file_of(folder, "a.jsonl", *(f'{{"text": "late", {row}}}\n' for row in rows))


@maker
def json_numbers(folder: Path, mb: int) -> Path:
    return file_of(
        folder, "a.json", '[{"text": "late", "value": 1e999999, "rating": ', "9" * 5000, ', "x": -1e-999999}]'
    )
