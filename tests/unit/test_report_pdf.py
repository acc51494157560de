"""The PDF: what stands in it, in three languages, and that nothing in it leads out of it."""

from __future__ import annotations

import hashlib
import io
import logging
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from tests import report_inputs as fixed
from tests.program import ROOT, environment
from voc.errors import ModelError, UsageError
from voc.pipeline.report_files import INDEX, PDF, are_written, write_files
from voc.report import pdf
from voc.report.build import build_report
from voc.report.json_out import render_json

needs_pango = pytest.mark.skipif(pdf.unavailable() is not None, reason=f"no PDF can be made here: {pdf.PANGO}")
needs_font = pytest.mark.skipif(not pdf.chinese_families(), reason=pdf.CHINESE_FONT)
SAID = {
    "en": ("Why customers leave", "New signal: up", "Where it moved most", "Every number with its test", "Neglect"),
    "zh-Hans": ("客户为何离开", "新信号：上升", "变化最明显之处", "每个数字及其检验", "寄了兩封信都石沉大海"),
    "zh-Hant": ("顧客為何離開", "新訊號：上升", "變化最明顯之處", "每個數字及其檢定"),
}
MAKE = {"en": fixed.inputs, "zh-Hans": fixed.inputs, "zh-Hant": fixed.hostile_inputs}
ONE_MORE = (
    "import hashlib; from tests import report_inputs as f; from voc.report.build import build_report;"
    "from voc.report.pdf import render_pdf;"
    "print(hashlib.sha256(render_pdf(build_report(f.inputs()), 'en')).hexdigest())"
)


@pytest.fixture(scope="module")
def made() -> Mapping[str, bytes]:
    return {language: pdf.render_pdf(build_report(make()), language) for language, make in MAKE.items()}


def _text(reader: PdfReader) -> str:
    return "".join("".join(page.extract_text().split()) for page in reader.pages)


@needs_pango
@needs_font
@pytest.mark.parametrize("language", SAID)
def test_the_words_are_text_in_every_language(made: Mapping[str, bytes], language: str) -> None:
    reader = PdfReader(io.BytesIO(made[language]))
    text = _text(reader)
    for words in SAID[language]:
        assert "".join(words.split()) in text, words
    assert 4 <= len(reader.pages) <= 14
    assert reader.metadata is not None
    assert reader.metadata.title
    assert reader.trailer["/Root"]["/Lang"] == language
    assert "/StructTreeRoot" in reader.trailer["/Root"]
    assert len(reader.outline) >= 8  # one entry for each part


@needs_pango
@needs_font
@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_one_page_says_it_all_and_the_annex_begins_on_the_second(made: Mapping[str, bytes], language: str) -> None:
    first, second = ("".join(p.extract_text().split()) for p in PdfReader(io.BytesIO(made[language])).pages[:2])
    named = {"en": ("Whowasheard", "Everynumber"), "zh-Hans": ("听到了谁", "每个数字及其检验")}[language]
    assert named[0] in first and named[1] not in first
    assert named[1] in second


@needs_pango
@needs_font
@pytest.mark.parametrize("language", SAID)
def test_no_glyph_is_missing_and_charts_are_drawings(made: Mapping[str, bytes], language: str) -> None:
    """Glyph 0 is the box that a font shows for what it lacks."""
    shown = 0
    for page in PdfReader(io.BytesIO(made[language])).pages:
        contents = page.get_contents()
        assert contents is not None
        for glyphs in re.findall(rb"<([0-9a-fA-F]+)>", contents.get_data()):
            codes = [glyphs[i : i + 4] for i in range(0, len(glyphs), 4)]
            assert b"0000" not in codes
            shown += len(codes)
        assert not page.images
    assert shown > 2000


@needs_pango
def test_nothing_leads_out_and_nothing_runs(made: Mapping[str, bytes]) -> None:
    for data in made.values():
        reader = PdfReader(io.BytesIO(data))
        assert not {"/OpenAction", "/AA", "/AcroForm"} & set(reader.trailer["/Root"])
        for number in range(1, int(reader.trailer["/Size"])):
            found = reader.get_object(number)
            if isinstance(found, DictionaryObject):
                assert found.get("/S") not in {"/URI", "/Launch", "/JavaScript", "/GoToR", "/SubmitForm"}
        for page in reader.pages:
            for note in page.get("/Annots", []):
                assert "/A" not in note.get_object(), "a link of the page leads to a place in it"


@needs_pango
def test_another_process_writes_the_same_bytes(made: Mapping[str, bytes]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ONE_MORE], cwd=ROOT, env=environment(PYTHONHASHSEED="7"), capture_output=True, text=True,
        check=True, timeout=300,
    )  # fmt: skip
    assert done.stdout.strip() == hashlib.sha256(made["en"]).hexdigest()


def test_without_its_library_all_other_forms_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    report, folder = build_report(fixed.inputs()), tmp_path / "reports" / fixed.WEEK
    folder.mkdir(parents=True)
    (folder / PDF).write_bytes(b"of an earlier revision")
    with caplog.at_level(logging.WARNING, "voc"):
        digests = write_files(folder, report, render_json(report), "en")
    assert sorted(digests) == ["report.html", "report.json", "report.md", "report.xlsx"]
    assert not (folder / PDF).exists()
    assert "report.pdf was not written" in caplog.text and "libpango" in caplog.text
    assert are_written(folder, digests)
    (folder.parent / INDEX).unlink()
    assert not are_written(folder, digests)
    with pytest.raises(ModelError, match="weasyprint"):
        pdf.render_pdf(report, "en")
    monkeypatch.undo()
    if pdf.unavailable() is None:  # what could not be made before can be now
        (folder.parent / INDEX).touch()
        assert not are_written(folder, digests)


def test_a_missing_chinese_font_is_told_where_one_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pdf, "chinese_families", list)
    monkeypatch.setattr(pdf, "unavailable", lambda: None)
    monkeypatch.setattr(pdf, "render_pdf", lambda report, language: b"%PDF")
    report = build_report(replace(fixed.no_data_inputs(), loop=None))
    for language, told in (("en", 0), ("zh-Hant", 1)):
        caplog.clear()
        write_files(tmp_path / language, report, render_json(report), language)
        assert caplog.text.count("fonts-noto-cjk") == told, language


def test_an_unknown_language_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        pdf.render_pdf(build_report(fixed.no_data_inputs()), "de")
