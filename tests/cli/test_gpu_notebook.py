"""The notebook for rented GPUs runs from top to bottom, here on the processor, and keeps no output."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.program import ROOT, environment, write_jsonl

NOTEBOOK = ROOT / "scripts" / "gpu_notebook.ipynb"
SAID = ["Nobody at the desk looked up.", "The invoice was wrong twice.", "没有人回复我的邮件。", "Anna was so kind!"]


def read() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


def feedback(folder: Path) -> Path:
    rows = [
        {"id": f"n{n}", "time": f"2026-09-{1 + n % 28:02d}", "channel": "review", "text": f"{SAID[n % 4]} ({n})"}
        for n in range(24)
    ]
    return write_jsonl(folder / "feedback.jsonl", rows)


def execute(folder: Path, monkeypatch: pytest.MonkeyPatch, **parameters: object) -> dict[str, Any]:
    """Cells by id, after a run in ``folder`` with these parameters in the place of the notebook's own."""
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(folder / ".jupyter"))
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    notebook = read()
    at = next(n for n, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", ()))
    source = "".join(f"{name} = {value!r}\n" for name, value in parameters.items())
    notebook.cells.insert(at + 1, nbformat.v4.new_code_cell(source))
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    client.execute()
    return {cell.id: cell for cell in notebook.cells}


def printed(cell: Any) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def test_it_keeps_no_output_and_is_valid() -> None:
    notebook = read()
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert cell.cell_type == "markdown" or (cell.outputs == [] and cell.execution_count is None), cell.id
    assert notebook.metadata.accelerator == "GPU"
    json.loads(NOTEBOOK.read_text("utf-8"))


def test_it_runs_shows_the_report_and_tells_the_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = execute(
        tmp_path, monkeypatch, INSTALL=False, INPUTS=[str(feedback(tmp_path))], DEVICE="cpu", DOLLARS_AN_HOUR=3.5
    )
    assert "24 documents added" in printed(cells["run"])

    stages = json.loads((tmp_path / "timings.json").read_text("utf-8"))["stages"]
    rate = 24 / sum(stage["seconds"] for stage in stages.values())
    told = re.search(r"measured: ([\d.,]+) documents a second; of 24 documents", printed(cells["cost"]))
    assert told and float(told[1].replace(",", "")) == pytest.approx(rate, abs=0.06)
    dollars = re.search(r"x dollars an hour: ([\d.,]+) dollars", printed(cells["cost"]))
    assert dollars and float(dollars[1].replace(",", "")) == pytest.approx(1e6 / rate / 3600 * 3.5, abs=0.01)

    (report,) = tmp_path.glob("voc-workspace/reports/*/report.html")
    frame = cells["report"].outputs[0].data["text/html"]
    shown = re.fullmatch(r'<iframe srcdoc="([^"]*)" sandbox="allow-scripts" style="[^"]*"></iframe>', frame)
    assert shown and html.unescape(shown[1]) == report.read_text("utf-8")
    assert (tmp_path / "voc-report.zip").stat().st_size > 1000
    assert "voc-report.zip" in cells["download"].outputs[0].data["text/html"]


def test_a_cell_that_fails_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nbclient.exceptions import CellExecutionError

    with pytest.raises(CellExecutionError, match="Say in INPUTS which file"):
        execute(tmp_path, monkeypatch, INSTALL=False)
