"""Writes the bill of materials of a release and the list of its licences, from the packages that are installed.

    python scripts/sbom.py --licences                           writes docs/licences.md
    python scripts/sbom.py --tool BIN/cyclonedx-py -o FILE      writes CycloneDX JSON

A release is what pyproject.toml needs without extras, and what that needs in turn, by the metadata of the packages in
this environment. Same environment, same bytes: no time, no serial number, no path.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement

ROOT: Final = Path(__file__).resolve().parent.parent
LICENCES: Final = ROOT / "docs" / "licences.md"

ALLOWED: Final = frozenset(
    {
        "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0",
        "CC0-1.0", "CNRI-Python", "HPND", "ISC", "LGPL-2.1-or-later", "MIT", "MIT-0", "MIT-CMU", "MPL-1.1", "MPL-2.0",
        "PSF-2.0", "Zlib",
    }
)  # fmt: skip
"""Licences under which a package may come: free for any use; the LGPL and the MPL bind who changes the package itself,
which voc does not."""

WORDS: Final = (
    ("apache", "Apache-2.0"), ("mozilla", "MPL-2.0"), ("mpl-2.0", "MPL-2.0"), ("lgpl", "LGPL-2.1-or-later"),
    ("lesser general", "LGPL-2.1-or-later"), ("python software foundation", "PSF-2.0"), ("3-clause", "BSD-3-Clause"),
    ("bsd", "BSD"), ("mit", "MIT"), ("isc", "ISC"),
)  # fmt: skip
"""Word in a licence field or a classifier -> the licence; BSD where the package does not say which."""

BY_HAND: Final = {
    "hdbscan": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "pyphen": "GPL-2.0-or-later OR LGPL-2.1-or-later OR MPL-1.1",
    "umap-learn": "BSD-3-Clause",
}
"""Where the metadata says too little: as the package's own licence file has it."""

WITH_CUDA: Final = re.compile(r"nvidia-|cuda-|triton$")
"""Packages that torch brings along where it is the build of the index, and does not where it is one for CPUs."""

_HEAD: Final = """# Licences

What a release of voc installs beside itself (Apache-2.0), by the metadata of the packages; `make sbom` writes this
page. All of them may be used, changed and passed on in a company's own work. The LGPL and the MPL ask that changes of
the package itself are passed on with it; voc changes none. With several licences one may choose (OR).

The model `voc-e5-small` comes from multilingual-e5-small (MIT); see [its card](../models/voc-e5-small/MODEL_CARD.md).
On Linux the torch of PyPI brings libraries of NVIDIA (`nvidia-*`, `cuda-*`) under NVIDIA's own terms, and `triton`
(MIT); a CPU build of torch brings none of them. They are not listed here.

| package | licence |
|---|---|
"""


def normal(name: str) -> str:
    """A package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def release() -> dict[str, metadata.Distribution]:
    """The installed packages of a release by name, in order. PackageNotFoundError where one is missing."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    left = [Requirement(line) for line in project["dependencies"]]
    found: dict[str, metadata.Distribution] = {}
    seen: set[tuple[str, str]] = set()
    while left:
        wanted = left.pop()
        for extra in ("", *sorted(wanted.extras)):
            if (normal(wanted.name), extra) in seen:
                continue
            seen.add((normal(wanted.name), extra))
            one = metadata.distribution(wanted.name)
            found[normal(wanted.name)] = one
            needs = [Requirement(line) for line in one.requires or []]
            left += [r for r in needs if r.marker is None or r.marker.evaluate({"extra": extra})]
    return dict(sorted(found.items()))


def licence(one: metadata.Distribution) -> str:
    """The licence of a package as an SPDX expression, "" where it says none that is known here."""
    told = one.metadata
    name = normal(str(told["Name"]))
    if name in BY_HAND:
        return BY_HAND[name]
    expressions, free_forms = told.get_all("License-Expression"), told.get_all("License")
    if expressions:
        return str(expressions[0])
    free = str(free_forms[0] if free_forms else "").partition("\n")[0].strip()
    if re.fullmatch(r"[\w.+-]+( (AND|OR|WITH) [\w.+-]+)*", free) and free.upper() != "BSD":
        return free if all(map(_known, re.split(r" AND | OR ", free))) else _named(free)
    classifiers = [c for c in told.get_all("Classifier") or [] if c.startswith("License")]
    return _named(free) or _named(" ".join(classifiers))


def _known(atom: str) -> bool:
    return atom in ALLOWED


def _named(text: str) -> str:
    return next((name for word, name in WORDS if re.search(rf"\b{word}\b", text.lower())), "")


def allowed(expression: str) -> bool:
    """Whether a package under ``expression`` may be used: every part of it, or one of those that can be chosen."""
    parts = re.sub(r"[()]", "", expression).split(" AND ")
    return bool(expression) and all(any(map(_known, part.split(" OR "))) for part in parts)


def listed() -> dict[str, str]:
    """Package -> licence, without those that only a CUDA build of torch brings: the page is the same with any build."""
    return {name: licence(one) for name, one in release().items() if not WITH_CUDA.match(name)}


def licence_page() -> str:
    """docs/licences.md."""
    return _HEAD + "".join(f"| {name} | {told or 'not told'} |\n" for name, told in listed().items())


def bill(tool: Path) -> dict[str, Any]:
    """The CycloneDX document of a release: what the tool finds in this environment, without what a release has not."""
    command = [str(tool), "environment", "--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible",
               "--of", "JSON", sys.executable]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    document: dict[str, Any] = json.loads(done.stdout)
    packages = release()
    kept = {c["bom-ref"] for c in document["components"] if normal(c["name"]) in packages}
    top = document["metadata"]["component"]["bom-ref"]
    document["components"] = list(_sound(c for c in document["components"] if c["bom-ref"] in kept))
    document["dependencies"] = [
        {"ref": d["ref"], "dependsOn": sorted(r for r in d.get("dependsOn", []) if r in kept)}
        for d in document["dependencies"]
        if d["ref"] in kept | {top}
    ]
    return document


def _sound(components: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """``components`` by name, with the licence of `licence` where the tool found none."""
    packages = release()
    for one in sorted(components, key=lambda c: str(c["name"]).lower()):
        one["externalReferences"] = [
            r for r in one.get("externalReferences", []) if not r["url"].startswith(("file:", "/"))
        ]
        told = licence(packages[normal(one["name"])])
        if told and not one.get("licenses"):
            one["licenses"] = [{"expression": told}]
        yield one


def main() -> None:
    """Writes what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--licences", action="store_true", help="write docs/licences.md")
    parser.add_argument("--tool", type=Path, help="the program cyclonedx-py")
    parser.add_argument("-o", "--out", type=Path, help="where the bill of materials goes")
    given = parser.parse_args()
    if given.licences:
        LICENCES.parent.mkdir(exist_ok=True)
        LICENCES.write_text(licence_page(), "utf-8")
    if given.out:
        if given.tool is None:
            parser.error("-o needs --tool")
        given.out.parent.mkdir(parents=True, exist_ok=True)
        given.out.write_text(json.dumps(bill(given.tool), indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
