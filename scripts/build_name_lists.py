"""Builds the English word lists of voc/privacy/data from free sources; run it only to renew them.

    python scripts/build_name_lists.py --scowl /usr/share/dict/scowl --census names-0.3.0/names

``--scowl`` is the folder of Debian's package scowl (words), ``--census`` that of the 1990 census of the United States
as the package ``names`` carries it (dist.*). Their licences: voc/privacy/data/README.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).resolve().parents[1] / "voc" / "privacy" / "data"
LEVELS: Final = (10, 20, 35, 40, 50)  # SCOWL's sizes: 50 is a medium dictionary, without rare words that are names too
LAST_NAMES: Final = 12_000  # three quarters of the population; rarer ones collide with words of other languages


def english(scowl: Path, census: Path) -> None:
    words: set[str] = set()
    for level in LEVELS:
        for variety in ("english", "american", "british"):
            text = (scowl / f"{variety}-words.{level}").read_text("latin-1")
            words |= {word for word in text.split() if word.isascii() and word.isalpha() and word.islower()}
    first: dict[str, float] = {}
    for file in ("dist.male.first", "dist.female.first"):
        for name, share, *_ in map(str.split, (census / file).read_text().splitlines()):
            first[name.lower()] = max(float(share), first.get(name.lower(), 0.0))
    last = [line.split()[0].lower() for line in (census / "dist.all.last").read_text().splitlines()[:LAST_NAMES]]
    _write("en_words.txt", sorted(words))
    by_share = sorted(first, key=lambda name: (-first[name], name))  # the most frequent first
    _write("en_first_census.txt", [name for name in by_share if len(name) > 1])
    _write("en_last_census.txt", last)  # the most frequent first


def _write(name: str, rows: list[str]) -> None:
    (DATA / name).write_text("\n".join(rows) + "\n", "utf-8")
    print(f"{name}: {len(rows)} rows")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for option in ("scowl", "census"):
        parser.add_argument(f"--{option}", type=Path, required=True)
    given_options = parser.parse_args()
    english(given_options.scowl, given_options.census)
