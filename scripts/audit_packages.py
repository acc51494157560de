"""Asks for known weaknesses of the pinned packages, by pip-audit, and says how many were looked at.

    python scripts/audit_packages.py --tool BIN/pip-audit requirements.lock constraints.txt

Ends with 0 where none is known, also where the index cannot be asked, which it then says; with --strict that ends with
1, as a known weakness does.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

NO_ANSWER: Final = ("ConnectionError", "NameResolutionError", "Max retries", "Timeout", "ServiceError", "ProxyError")
"""Words of pip-audit where the index did not answer; anything else that ends it is a fault of the call."""


def asked(tool: Path, files: list[Path]) -> tuple[list[dict[str, Any]], str]:
    """What pip-audit found for each package of ``files``, and "" or why the index gave no answer. RuntimeError where
    pip-audit itself fails."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    refusal = ""
    for file in files:
        command = [str(tool), "--no-deps", "--disable-pip", "--progress-spinner", "off", "-f", "json", "-r", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        try:
            rows = json.loads(done.stdout)["dependencies"]
        except (ValueError, KeyError) as error:
            refusal = (done.stderr.strip().splitlines() or [f"pip-audit ended with {done.returncode}"])[-1][:300]
            if not any(word in done.stderr for word in NO_ANSWER):
                raise RuntimeError(f"{file}: {refusal}") from error
            continue
        found |= {(row["name"], row.get("version", "")): row for row in rows}
    return list(found.values()), refusal


def verdict(found: list[dict[str, Any]], refusal: str, *, strict: bool) -> tuple[list[str], int]:
    """The lines to tell, and the exit code."""
    weak = [(one, v) for one in found for v in one.get("vulns", [])]
    skipped = [one["name"] for one in found if "skip_reason" in one]
    looked = len(found) - len(skipped)
    lines = [
        f"{one['name']} {one['version']}: {v['id']}, mended in {', '.join(v['fix_versions']) or 'no version yet'}"
        for one, v in weak
    ]
    if not looked:
        why = refusal or f"it knows none of the {len(skipped)} packages"
        lines.append(f"NOT AUDITED: the index of weaknesses could not be asked ({why})")
        return lines, int(strict)
    lines.append(f"{len(weak)} known weaknesses in {looked} packages")
    if skipped:
        lines.append(f"not looked at, the index does not know them: {', '.join(sorted(skipped))}")
    if refusal:
        lines.append(f"NOT AUDITED in part: the index of weaknesses could not be asked again ({refusal})")
    return lines, int(bool(weak) or (strict and bool(skipped or refusal)))


def main() -> int:
    """Asks and tells."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tool", type=Path, required=True, help="the program pip-audit")
    parser.add_argument("--strict", action="store_true", help="1 also where a package was not looked at")
    parser.add_argument("files", type=Path, nargs="+", help="files of pinned packages")
    given = parser.parse_args()
    lines, code = verdict(*asked(given.tool, given.files), strict=given.strict)
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main())
