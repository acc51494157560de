"""Brings the catalogues of the command line up to the source: voc/cli/locale/<language>/LC_MESSAGES/voc.po and voc.mo.

    python scripts/translate.py            adds what is new (untranslated), drops what is gone, writes the .mo
    python scripts/translate.py --check    ends with 1 where a text lacks a translation, or one is stale or does not fit

Translate the empty entries of voc.po by hand, then run it again. Needs Babel.
"""

from __future__ import annotations

import argparse
import ast
import datetime as dt
import io
import string
import sys
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from scripts import source_texts
from scripts.index_errors import classes
from scripts.source_texts import ROOT
from voc.cli.language import CATALOGUES, words_of
from voc.cli.names import NAMES

_NEVER: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)  # of the headers: the same texts, the same bytes
LOCALE: Final = ROOT / "voc" / "cli" / "locale"
Arguments = Callable[[ast.Call], list[ast.expr]]
# What the library of the command line says of wrong options. The rest of its texts stays English.
OF_CLICK: Final = (
    "Invalid value for {0}: {1}", "Missing option {0}.", "Missing argument {0}.", "Missing command.",
    "No such option {0}.",
    "No such option {0}. Did you mean {1}?", "No such option {0}. (Did you mean one of: {1}?)",
    "No such option: {0}", "No such option: {0} Did you mean {1}?", "No such option: {0} (Did you mean one of: {1}?)",
    "No such command {0}.", "Option {0} requires an argument.", "Option {0} requires {1} arguments.",
    "Option {0} does not take a value.", "{0} is not one of {1}.", "{0} is not in the range {1}.",
    "{0} is not a valid {1}.", "Got unexpected extra argument ({0})", "Got unexpected extra arguments ({0})",
    "File {0} does not exist.", "Path {0} does not exist.", "Directory {0} does not exist.", "File {0} is a directory.",
    "Directory {0} is a file.", "Could not open file {0}: {1}",
)  # fmt: skip
OF_TERMINAL: Final = ("Error: ",)
# What was taken from where, as `voc.ingest.columns` tells it.
OF_CHOICES: Final = (
    "{0} <- {1} ({2})", "{0} <- none (--map)", "{0} <- none (no column holds dates: the documents are undated)",
)  # fmt: skip


def _first(call: ast.Call) -> list[ast.expr]:
    return call.args[:1]


def _of_result(call: ast.Call) -> list[ast.expr]:
    """``say`` is also how a terminal shows what is no text of the source."""
    owner = ast.unparse(call.func).removesuffix(".say")
    return call.args[:1] if owner in {"say", "self._say"} or owner.endswith("result") else []


def _named(*keywords: str, positions: slice = slice(0)) -> Arguments:
    return lambda call: [*call.args[positions], *(k.value for k in call.keywords if k.arg in keywords)]


SPOKEN: Final[dict[str, Arguments]] = {
    **dict.fromkeys(classes(), _named("hint", positions=slice(2))),
    **dict.fromkeys(("NotSent", "Refused", "TryLater", "Uncertain"), _first),
    "BadParameter": _first, "tell": _first, "told": _first,
    "_say": _first,
    "_only": _named(positions=slice(2, 3)), "fail": _named(positions=slice(2)), "note": _first, "say": _of_result,
    "take": _named(positions=slice(2, 3)), "SecretHints": _named("refused", "exposed", "empty"),
    "Check": _named("detail", "mend", positions=slice(2, 4)), "Fault": _named("what", "mend", positions=slice(2)),
}  # fmt: skip
"""Calls that speak to people: which of their arguments are texts."""


@cache
def wanted() -> dict[str, list[str]]:
    """Every key that a catalogue has to have, with the modules that say it."""
    found: dict[str, list[str]] = {key: ["click"] for key in OF_CLICK} | {
        key: ["voc/cli/terminal.py"] for key in OF_TERMINAL
    }
    found |= {name: ["voc/cli/names.py"] for name in NAMES}
    found |= {key: ["voc/ingest/columns.py"] for key in OF_CHOICES}
    for path, key in source_texts.said(SPOKEN):
        places = found.setdefault(key, [])
        name = path.relative_to(ROOT).as_posix()
        places += [] if name in places else [name]
    return found


def catalogue(language: str) -> Catalog:
    """What is translated so far."""
    path = LOCALE / CATALOGUES[language] / "LC_MESSAGES" / "voc.po"
    if not path.exists():
        return Catalog(CATALOGUES[language])
    with path.open("rb") as file:
        return read_po(file, CATALOGUES[language])


def faults(language: str) -> Iterator[str]:
    """What is wrong with a catalogue, one line each."""
    have = {str(m.id): str(m.string) for m in catalogue(language) if m.id}
    needed = wanted()
    yield from (f"{language}: stale: {key!r}" for key in have if key not in needed)
    for key in needed:
        told = have.get(key, "")
        if not told:
            yield f"{language}: not translated: {key!r}"
        elif _gaps(key) != _gaps(told):
            yield f"{language}: other gaps: {key!r}: {told!r}"
    compiled = LOCALE / CATALOGUES[language] / "LC_MESSAGES" / "voc.mo"
    if not compiled.exists() or compiled.read_bytes() != _compiled(catalogue(language)):
        yield f"{language}: voc.mo is not made of voc.po"


def _compiled(source: Catalog) -> bytes:
    target = io.BytesIO()
    write_mo(target, source)
    return target.getvalue()


def _gaps(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def bring_up(language: str) -> int:
    """Writes both files; how many keys wait for a translation."""
    old = {str(m.id): str(m.string) for m in catalogue(language) if m.id}
    new = Catalog(CATALOGUES[language], project="voc", fuzzy=False, creation_date=_NEVER, revision_date=_NEVER)
    for key, places in sorted(wanted().items()):
        flags = ["python-brace-format"] if len(words_of(key)) > 1 else []
        new.add(key, old.get(key, ""), locations=[(place, 0) for place in sorted(places)], flags=flags)
    folder = LOCALE / CATALOGUES[language] / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "voc.po").open("wb") as file:
        write_po(file, new, width=120, omit_header=False, sort_output=True)
    (folder / "voc.mo").write_bytes(_compiled(catalogue(language)))
    return sum(not m.string for m in new if m.id)


def main() -> int:
    """Writes or checks the catalogues."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; 1 where a catalogue is not complete")
    if parser.parse_args().check:
        found = [fault for language in CATALOGUES for fault in faults(language)]
        print("\n".join(found), end="\n" if found else "")
        return 1 if found else 0
    for language in CATALOGUES:
        print(f"{language}: {bring_up(language)} texts wait for a translation")
    return 0


if __name__ == "__main__":
    sys.exit(main())
