"""The doctor names what is missing and what mends it."""

from __future__ import annotations

import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from tests.faults import store_scenario
from voc import doctor
from voc.config import load_config
from voc.doctor import FAULT, MISSING, NOTE, OK, packages

ROOT = Path(doctor.__file__).parents[1]


WANTED = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]


def test_all_is_well_where_the_tests_run() -> None:
    (check,) = packages(WANTED)
    assert check.state == OK
    assert check.detail.count(",") == len(WANTED) - 1


def test_a_missing_and_an_old_package_are_named_with_their_cure() -> None:
    def version(name: str) -> str:
        if name == "onnx":
            raise metadata.PackageNotFoundError(name)
        return "2.9.1+cpu" if name == "torch" else "99.0"

    found, onnx, torch = packages(["click>=8.2", "onnx>=1.19", "torch>=2.10"], version, lambda name: None)
    assert (found.state, found.detail) == (OK, "click 99.0")
    assert (onnx.name, onnx.state, onnx.detail) == ("package onnx", MISSING, "is not installed")
    assert onnx.mend is not None
    assert onnx.mend.endswith(" -m pip install 'onnx>=1.19'")
    assert (torch.state, torch.detail) == (MISSING, "2.9.1+cpu is older than 2.10")


def test_a_package_that_does_not_load_is_missing_too() -> None:
    def load(module: str) -> object:
        raise ImportError("libgomp.so.1: cannot open shared object file")

    _, missing = packages(["click>=1", "onnxruntime>=1"], lambda name: "1.0", load)
    assert (missing.name, missing.state) == ("package onnxruntime", MISSING)
    assert "libgomp.so.1" in missing.detail


def test_a_checkout_that_is_not_installed_is_noted() -> None:
    (check,) = packages([])
    assert (check.state, check.mend) == (NOTE, "make install")


def test_disk_and_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = tmp_path / "not" / "there"
    assert doctor._disk(absent).state in {OK, NOTE}
    assert not absent.exists()
    monkeypatch.setattr(doctor, "_FREE_BYTES", 1e30)
    assert doctor._disk(tmp_path).mend is not None
    assert doctor._threads(load_config(None, {"general.threads": 1024})).state == NOTE
    assert doctor._threads(load_config(None)).state == OK


def test_fonts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor._fonts().state == NOTE
    tool = tmp_path / "fc-list"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o700)
    assert doctor._fonts().mend == "apt-get install fonts-noto-cjk"
    tool.write_text("#!/bin/sh\necho 'Noto Sans CJK SC,Noto Sans CJK SC Bold'\necho 'AR PL UMing'\n")
    check = doctor._fonts()
    assert (check.state, check.detail) == (OK, "2 families with Chinese characters, such as AR PL UMing")


def test_what_a_pdf_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    check = doctor._pdf()
    assert (check.name, check.state) == ("pdf", NOTE)
    assert check.mend is not None and "libpango" in check.mend


def test_wrong_settings_are_a_finding_not_a_crash(tmp_path: Path) -> None:
    (tmp_path / "voc.toml").write_text("thread = 3\n")
    check, config = doctor._settings(tmp_path)
    assert (check.state, check.mend) == (FAULT, "Did you mean general.threads?")
    assert config == load_config(None)


def test_an_absent_model_is_missing() -> None:
    checks = list(doctor._models(load_config(None, {"general.model": "no-such-model"})))
    assert [check.state for check in checks] == [MISSING]
    assert "no-such-model" in checks[0].detail


def test_the_default_model_is_sound() -> None:
    checks = list(doctor._models(load_config(None)))
    assert [check.state for check in checks] == [OK, OK], checks
    (model,) = [row for row in doctor.models() if row["default"]]
    assert (model["name"], model["classifies"], model["licence"]) == ("voc-e5-small", True, "MIT")
    assert 5 < model["megabytes"] < 60


def test_a_damaged_vector_file_is_a_fault(tmp_path: Path) -> None:
    store_scenario.run(tmp_path / "w")
    assert [c.state for c in doctor.examine(tmp_path / "w") if c.name == "workspace"] == ["ok"]
    shard = next((tmp_path / "w" / "vectors").rglob("*.parquet"))
    shard.write_bytes(shard.read_bytes()[:-1] + b"?")
    found = [c for c in doctor.examine(tmp_path / "w") if c.name == "workspace"]
    assert [c.state for c in found] == ["fault"] and shard.name in found[0].detail and found[0].mend
