"""Nothing that runs what it reads; every pinned package with its hash; every licence known; the documents of it all."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import audit_packages, sbom
from tests.program import ROOT

SOURCES = sorted([*ROOT.glob("voc/**/*.py"), *ROOT.glob("scripts/*.py")])
UNPICKLING = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
EVALUATING = {"eval", "exec", "compile", "__import__"}
SHELLS = {("os", "system"), ("os", "popen"), ("os", "exec"), ("subprocess", "getoutput"), ("tempfile", "mktemp")}


def _keywords(call: ast.Call) -> dict[str | None, ast.expr]:
    return {k.arg: k.value for k in call.keywords}


def _is(node: ast.expr | None, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _of_call(call: ast.Call) -> Iterator[str]:
    given = _keywords(call)
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    owner, method = "", ""
    if isinstance(call.func, ast.Attribute):
        owner, method = ast.unparse(call.func.value), call.func.attr
    if name in EVALUATING:
        yield f"{name}()"
    if (owner, method) in SHELLS:
        yield f"{owner}.{method}()"
    if "shell" in given and not _is(given["shell"], False):
        yield "shell"
    if "trust_remote_code" in given and not _is(given["trust_remote_code"], False):
        yield "trust_remote_code"
    if "allow_pickle" in given and not _is(given["allow_pickle"], False):
        yield "allow_pickle"
    if "verify" in given and _is(given["verify"], False):
        yield "verify=False"
    if owner.split(".")[-1] == "torch" and method == "load" and not _is(given.get("weights_only"), True):
        yield "torch.load without weights_only"
    if owner == "yaml" and method in {"load", "load_all", "unsafe_load", "full_load"}:
        yield f"yaml.{method}"
    if method == "from_pretrained" and "AutoModel" in owner and not _is(given.get("use_safetensors"), True):
        yield "weights that need not be safetensors"
    if method == "from_pretrained" and owner.startswith("Auto") and "trust_remote_code" not in given:
        yield "code of a model is not refused"
    if method in {"extractall", "_create_unverified_context"}:
        yield method


def faults(tree: ast.AST) -> list[str]:
    """What in a source could run what it reads."""
    found = list[str]()
    for node in ast.walk(tree):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        found += [f"import {name}" for name in names if name.split(".")[0] in UNPICKLING]
        found += _of_call(node) if isinstance(node, ast.Call) else []
    return found


def test_nothing_that_runs_what_it_reads() -> None:
    assert len(SOURCES) > 100
    found = {str(p.relative_to(ROOT)): faults(ast.parse(p.read_text("utf-8"))) for p in SOURCES}
    assert {path: what for path, what in found.items() if what} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "import torch\ntorch.load(path)",
        "torch.load(path, weights_only=False)",
        "yaml.load(text, Loader=yaml.Loader)",
        "AutoModel.from_pretrained(where)",
        "AutoModel.from_pretrained(where, trust_remote_code=True, use_safetensors=True)",
        "AutoModel.from_pretrained(where, trust_remote_code=False)",
        "AutoTokenizer.from_pretrained(where)",
        "numpy.load(path, allow_pickle=True)",
        "subprocess.run(command, shell=True)",
        "subprocess.run(command, shell=wanted)",
        "os.system(command)",
        "eval(text)",
        "exec(text)",
        "archive.extractall(folder)",
        "requests.get(url, verify=False)",
    ],
)
def test_the_look_at_the_source_can_fail(source: str) -> None:
    assert faults(ast.parse(source))


def test_what_is_harmless_passes() -> None:
    source = """
import json, re, subprocess
re.compile("a")
torch.load(path, weights_only=True)
yaml.safe_load(text)
subprocess.run(["a"], check=True, shell=False)
AutoModel.from_pretrained(w, trust_remote_code=False, use_safetensors=True)
"""
    assert faults(ast.parse(source)) == []


def test_every_promise_of_the_security_page_names_a_test_that_is_there() -> None:
    text = (ROOT / "SECURITY.md").read_text("utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", text)
    assert len(named) > 25
    missing = [f"{file}::{test}" for file, test in named if not _holds(ROOT / file, test)]
    assert missing == []
    rows = [line for line in text.splitlines() if line.startswith("| ") and "::" not in line]
    table = text[text.index("| what holds | test |") : text.index("## What is not defended")]
    assert [row for row in rows if row in table] == ["| what holds | test |"], "a promise without a test"


def _holds(file: Path, test: str) -> bool:
    return file.exists() and re.search(rf"^def {test}\(", file.read_text("utf-8"), re.MULTILINE) is not None


def _pins(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text("utf-8")
    return {sbom.normal(n): v for n, v in re.findall(r"^([\w.-]+)==([\w.+!-]+)", text, re.MULTILINE)}


def test_the_lock_holds_every_package_of_a_release_with_its_hash() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8")
    blocks = [b for b in re.split(r"\n(?=\S)", text) if not b.startswith("#")]
    assert blocks and all(re.search(r"--hash=sha256:[0-9a-f]{64}\b", block) for block in blocks)
    assert re.search(r"^(?:--|-e |\w+ @|.*://)", text, re.MULTILINE) is None, "packages of an index alone"
    lacking = set(sbom.release()) - set(_pins("requirements.lock"))
    assert lacking == set(), "make lock"


def test_the_lock_holds_the_versions_that_are_tested() -> None:
    lock, tested = _pins("requirements.lock"), _pins("constraints.txt")
    assert {n: v for n, v in lock.items() if tested.get(n, v) != v} == {}
    # What torch of the index brings on Linux; the CPU build that is tested brings none of it.
    assert {n for n in lock if n not in tested and not sbom.WITH_CUDA.match(n)} == set()


def test_every_licence_is_listed_and_allowed() -> None:
    assert (ROOT / "docs" / "licences.md").read_text("utf-8") == sbom.licence_page(), "make sbom"
    named = sbom.listed()
    assert len(named) > 50
    assert {name: one for name, one in named.items() if not sbom.allowed(one)} == {}


@pytest.mark.parametrize(
    ("expression", "good"),
    [
        ("MIT", True), ("MIT AND ISC", True), ("GPL-3.0-only OR MIT", True), ("GPL-3.0-only", False), ("", False),
        ("MIT AND GPL-3.0-only", False), ("AGPL-3.0-or-later", False), ("Apache-2.0 WITH LLVM-exception", True),
        ("MIT AND (GPL-2.0-only OR BSD-3-Clause)", True), ("Proprietary", False),
    ],
)  # fmt: skip
def test_what_licences_are_allowed(expression: str, good: bool) -> None:
    assert sbom.allowed(expression) is good


def _row(name: str, *ids: str, **more: object) -> dict[str, object]:
    return {"name": name, "version": "1.0", "vulns": [{"id": i, "fix_versions": ["1.1"]} for i in ids]} | more


def test_a_known_weakness_ends_with_1_and_is_named() -> None:
    lines, code = audit_packages.verdict([_row("alpha"), _row("beta", "CVE-1", "CVE-2")], "", strict=False)
    assert code == 1
    assert lines == [
        "beta 1.0: CVE-1, mended in 1.1", "beta 1.0: CVE-2, mended in 1.1", "2 known weaknesses in 2 packages",
    ]  # fmt: skip


def test_nothing_looked_at_is_never_called_clean() -> None:
    skipped = {"name": "alpha", "skip_reason": "not found"}
    for found, refusal in (([skipped], ""), ([], "no route")):
        lines, code = audit_packages.verdict(found, refusal, strict=False)
        assert code == 0
        assert lines[0].startswith("NOT AUDITED")
        assert audit_packages.verdict(found, refusal, strict=True)[1] == 1
    lines, code = audit_packages.verdict([skipped, _row("beta")], "", strict=False)
    assert (code, lines) == (
        0,
        ["0 known weaknesses in 1 packages", "not looked at, the index does not know them: alpha"],
    )
    assert audit_packages.verdict([skipped, _row("beta")], "", strict=True)[1] == 1


@pytest.mark.parametrize("ids", [(), ("CVE-1",)])
def test_a_file_that_was_not_looked_at_is_told(ids: tuple[str, ...]) -> None:
    for strict in (False, True):
        lines, code = audit_packages.verdict([_row("alpha", *ids)], "no route", strict=strict)
        assert lines[-1] == "NOT AUDITED in part: the index of weaknesses could not be asked again (no route)"
        assert code == int(bool(ids) or strict)


@pytest.mark.parametrize(("said", "offline"), [("x\nConnectionError: no route", True), ("ERROR: no hash", False)])
def test_only_silence_of_the_index_is_forgiven(tmp_path: Path, said: str, offline: bool) -> None:
    tool = tmp_path / "tool"
    tool.write_text(f"#!/bin/sh\nprintf '%s' '{said}' >&2\nexit 1\n", "utf-8")
    tool.chmod(0o700)
    if offline:
        assert audit_packages.asked(tool, [tmp_path / "a"]) == ([], said.splitlines()[-1])
    else:
        with pytest.raises(RuntimeError, match="no hash"):
            audit_packages.asked(tool, [tmp_path / "a"])


def test_the_bill_of_materials_holds_a_release_and_nothing_of_this_machine(tmp_path: Path) -> None:
    """With a stand-in for cyclonedx-py, which is no package of this environment."""
    told = {
        "metadata": {"component": {"bom-ref": "root", "name": "voc-drivers"}},
        "components": [
            {"bom-ref": "p", "name": "pytest", "version": "1"},
            {"bom-ref": "n", "name": "numpy", "version": "2", "externalReferences": [{"url": "file:///home/a"}]},
            {"bom-ref": "c", "name": "click", "version": "8", "licenses": [{"expression": "BSD-3-Clause"}]},
        ],
        "dependencies": [{"ref": "root", "dependsOn": ["p", "n", "c"]}, {"ref": "p"}, {"ref": "n"}],
    }
    (tmp_path / "told.json").write_text(json.dumps(told), "utf-8")
    tool = tmp_path / "tool"
    tool.write_text(f"#!/bin/sh\ncat '{tmp_path / 'told.json'}'\n", "utf-8")
    tool.chmod(0o700)
    bill = sbom.bill(tool)
    assert [c["name"] for c in bill["components"]] == ["click", "numpy"]
    assert "BSD" in bill["components"][1]["licenses"][0]["expression"]
    assert bill["dependencies"] == [{"ref": "root", "dependsOn": ["c", "n"]}, {"ref": "n", "dependsOn": []}]
    assert "file:" not in json.dumps(bill)


def test_what_bandit_passes_over_has_a_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    skips = tomllib.loads(text)["tool"]["bandit"]["skips"]
    lines = [line for line in text.splitlines() if re.match(r'\s+"B\d{3}"', line)]
    assert sorted(skips) == sorted(re.findall(r"B\d{3}(?=\")", "\n".join(lines)))
    assert all(re.search(r"  # \w+.{20,}$", line) for line in lines)
    holding = {"B102", "B301", "B302", "B307", "B310", "B323", "B324", "B501", "B506", "B602", "B605", "B614"}
    assert not holding & set(skips)
