"""The shape that the code keeps: direction of imports, sizes, one place for SQL, nothing heavy at start-up."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted([*ROOT.glob("voc/**/*.py"), *ROOT.glob("scripts/*.py")])


def _functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_the_import_contract_holds() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 400, f"{path} holds two things"
    long = [f.name for f in _functions(ast.parse(text)) if (f.end_lineno or f.lineno) - f.lineno + 1 > 60]
    assert not long, f"{path}: functions over 60 lines: {long}"


def _catch_alls(tree: ast.AST) -> list[int]:
    """Lines of handlers that catch everything, whatever they do with it: bare, or by a name, also one of several."""
    handlers = [n for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler)]
    names = {h: {getattr(n, "id", getattr(n, "attr", "")) for n in ast.walk(h.type)} for h in handlers if h.type}
    return [h.lineno for h in handlers if h.type is None or names[h] & {"Exception", "BaseException"}]


@pytest.mark.parametrize(
    "kinds", ["", "Exception", "BaseException", "builtins.Exception", "(OSError, Exception)", "(*FEW, BaseException)"]
)
def test_a_catch_all_is_seen_even_where_it_translates(kinds: str) -> None:
    assert _catch_alls(ast.parse(f"try:\n    run()\nexcept {kinds}:\n    raise ValueError")) == [3]
    assert _catch_alls(ast.parse("try:\n    run()\nexcept (OSError, errors.RayError):\n    pass")) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_stub_and_no_catch_all(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert _catch_alls(tree) == [], f"{path} has lines that catch everything"
    assert "NotImplementedError" not in path.read_text("utf-8"), f"{path} holds a stub"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_module_imports_what_is_private_to_another(path: Path) -> None:
    imports = [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.ImportFrom)]
    names = [f"{n.module}.{a.name}" for n in imports if n.level or (n.module or "").startswith("voc") for a in n.names]
    private = [name for name in names if any(re.match(r"_(?!_)", part) for part in name.split("."))]
    assert not private, f"{path}: make it public where it is, or move it"


def test_sql_lives_in_the_store_alone() -> None:
    sql = re.compile(r"\b(SELECT\s+.+\s+FROM|INSERT\s+INTO|CREATE\s+TABLE|DELETE\s+FROM|import sqlite3)\b")
    outside = [p for p in ROOT.glob("voc/**/*.py") if "store" not in p.parts and sql.search(p.read_text("utf-8"))]
    # doctor names the version of SQLite and runs no statement
    assert [p.name for p in outside if p.name != "doctor.py"] == []


def test_nothing_below_the_command_line_ends_the_process() -> None:
    ends = re.compile(r"\bsys\.exit\(|\bos\._exit\(|\braise SystemExit")
    found = [
        str(p)
        for p in ROOT.glob("voc/**/*.py")
        if "cli" not in p.parts and p.name != "__main__.py" and ends.search(p.read_text("utf-8"))
    ]
    assert found == []


def test_the_command_line_starts_without_heavy_libraries() -> None:
    heavy = (
        "numpy",
        "pyarrow",
        "torch",
        "transformers",
        "bertopic",
        "onnxruntime",
        "sklearn",
        "matplotlib",
        "jieba",
        "jinja2",
    )
    code = f"import sys, voc.cli; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_path_of_a_machine_stands_in_the_project() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: nothing says which files belong to the project")
    machine = re.compile(r"(?<![\w.])/(work|home/\w+|root)/\w")
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".txt", ".yml", ""} and path.is_file() and name != "Dockerfile":
            found += [name] if machine.search(path.read_text("utf-8", errors="ignore")) else []
    assert found == []
