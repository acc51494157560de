"""The whole path through the real program: from files of feedback to the report."""

from __future__ import annotations

import json
import shutil
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from pypdf import PdfReader

from tests.program import ROOT, SAMPLE_FILES, Done, digests, voc, write_jsonl
from voc.report import pdf

SCHEMA = json.loads((ROOT / "voc" / "report" / "schema.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """The sample corpus, run once, in a folder of its own, without a network."""
    folder = tmp_path_factory.mktemp("sample")
    done = voc("run", *SAMPLE_FILES, "--pdf", "--timings", "timings.json", cwd=folder, network=False)
    shutil.copy(folder / "voc-workspace" / "run.json", folder / "first-run.json")
    return folder, done


def _report(folder: Path, week: str = "2026-W46") -> dict:  # type: ignore[type-arg]
    return json.loads((folder / "voc-workspace" / "reports" / week / "report.json").read_text("utf-8"))


def test_the_sample_gives_a_report_without_a_network(sample: tuple[Path, Done]) -> None:
    folder, done = sample
    assert done.code == 0, done.err
    reports = folder / "voc-workspace" / "reports"
    assert sorted(p.name for p in reports.iterdir()) == ["2026-W46", "index.html"]
    files = sorted(p.name for p in (reports / "2026-W46").iterdir())
    forms = {"html", "json", "md", "xlsx"} | ({"pdf"} if pdf.unavailable() is None else set())
    assert files == sorted(f"report.{form}" for form in forms)
    assert str(Path("voc-workspace") / "reports" / "2026-W46") in done.out.strip().splitlines()[-1]


def test_the_report_says_what_is_in_the_sample(sample: tuple[Path, Done]) -> None:
    report = _report(sample[0])
    jsonschema.validate(report, SCHEMA)
    assert [w["week"] for w in report["weeks"]] == [f"2026-W{n}" for n in range(37, 47)]
    assert [w["documents"] for w in report["weeks"]] == [20] * 8 + [19] * 2
    assert not any(w["partial"] for w in report["weeks"])
    assert report["coverage"]["documents"] == 200
    assert report["coverage"]["undated"] == 2
    assert report["coverage"]["languages"] == {"en": 90, "zh-Hans": 60, "zh-Hant": 50}
    assert report["rejects"]["count"] == 0
    neglect = report["weeks"][-1]["drivers"]["neglect"]["complaint"]
    assert neglect["low"] <= neglect["share"] <= neglect["high"]
    assert neglect["raw_share"] == pytest.approx(neglect["k"] / neglect["n"], abs=1e-6)
    assert neglect["change"] > 0.1, "neglect quadruples in the last two weeks of the sample"
    assert report["themes"], "fifty complaints that repeat one another hold themes"
    assert all(t["quotes"] for t in report["themes"])


def _texts(folder: Path) -> Iterator[tuple[Path, str]]:
    """The files of all reports and their index; a workbook is the text of its parts, a PDF that of its pages."""
    for path in (p for p in (folder / "voc-workspace" / "reports").rglob("*") if p.is_file()):
        if path.suffix == ".pdf":
            yield path, "".join(page.extract_text() for page in PdfReader(path).pages)
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as parts:
                yield path, "".join(parts.read(name).decode("utf-8") for name in parts.namelist())
        else:
            yield path, path.read_text("utf-8")


def test_the_workspace_is_private(sample: tuple[Path, Done]) -> None:
    workspace = sample[0] / "voc-workspace"
    for path in [workspace, *workspace.rglob("*")]:
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_personal_data_does_not_reach_the_report(sample: tuple[Path, Done]) -> None:
    for path, text in _texts(sample[0]):
        assert "@example.com" not in text and "4111 1111" not in text and "07700 900123" not in text, path


def test_no_absolute_path_and_no_script_in_the_report(sample: tuple[Path, Done]) -> None:
    folder, _ = sample
    for path, text in _texts(folder):
        assert str(folder) not in text
        assert "<script>alert" not in text or path.suffix == ".json"


def test_timings_and_run_json_tell_of_each_stage(sample: tuple[Path, Done]) -> None:
    folder, _ = sample
    timings = json.loads((folder / "timings.json").read_text("utf-8"))
    stages = ["ingest", "classify", "themes", "trends", "report", "restate", "retention"]
    assert list(timings["stages"]) == stages
    assert timings["stages"]["classify"]["documents"] == 200
    assert all(s["seconds"] >= 0 and s["peak_memory_mb"] > 0 for s in timings["stages"].values())
    run = json.loads((folder / "first-run.json").read_text("utf-8"))
    assert [i["name"] for i in run["inputs"]] == ["feedback.jsonl", "reviews.csv"]
    assert all(len(i["sha256"]) == 64 for i in run["inputs"])
    assert run["counts"]["ingest"]["rows"] == 200 and run["counts"]["report"] == {"week": "2026-W46", "revision": 1}
    assert run["exit_code"] == 0 and run["versions"]["voc"] and run["stages"].keys() == timings["stages"].keys()


def test_a_second_run_adds_nothing_and_writes_the_same_bytes(sample: tuple[Path, Done]) -> None:
    folder, _ = sample
    first = json.loads((folder / "timings.json").read_text("utf-8"))["stages"]
    before = digests(folder / "voc-workspace" / "reports")
    again = voc("run", *SAMPLE_FILES, "--json", "--timings", "again.json", cwd=folder)
    assert again.code == 0, again.err
    assert again.json["ingest"]["added"] == 0
    assert again.json["classify"]["classified"] == 0
    assert digests(folder / "voc-workspace" / "reports") == before
    second = json.loads((folder / "again.json").read_text("utf-8"))["stages"]
    assert sum(s["seconds"] for s in second.values()) < sum(s["seconds"] for s in first.values()) / 3


def test_the_stages_one_by_one_give_the_bytes_of_the_run(sample: tuple[Path, Done], tmp_path: Path) -> None:
    for command in (["ingest", *reversed(SAMPLE_FILES)], ["classify"], ["themes"], ["trends"], ["report", "--pdf"]):
        done = voc(*command, cwd=tmp_path)
        assert done.code == 0, (command, done.err)
    theirs = digests(sample[0] / "voc-workspace" / "reports")
    assert digests(tmp_path / "voc-workspace" / "reports") == theirs, (
        "the order of the inputs or the stages changed the report"
    )


def test_require_new_ends_with_7_where_nothing_is_new(sample: tuple[Path, Done]) -> None:
    done = voc("run", *SAMPLE_FILES, "--require-new", cwd=sample[0])
    assert done.code == 7


def test_late_data_makes_a_revision_that_says_what_it_restates(tmp_path: Path) -> None:
    rows = [{"id": f"r{n}", "time": f"2026-11-{n + 1:02d}", "text": "The crew was friendly."} for n in range(15)]
    voc("run", write_jsonl(tmp_path / "a.jsonl", rows), cwd=tmp_path)
    first = _report(tmp_path)
    late = [{"id": "late", "time": "2026-11-10", "text": "Nobody answered my mails for three weeks, I was ignored."}]
    done = voc("run", write_jsonl(tmp_path / "b.jsonl", late), cwd=tmp_path)
    assert done.code == 0, done.err
    second = _report(tmp_path)
    assert (first["revision"], second["revision"]) == (1, 2)
    assert second["weeks"][-1]["documents"] == first["weeks"][-1]["documents"] + 1
    assert second["restates"]["revision"] == 1
    voc("report", "--revision", "1", "-o", "old", cwd=tmp_path)
    assert json.loads((tmp_path / "old" / "2026-W46" / "report.json").read_text("utf-8")) == first


def test_late_data_for_an_earlier_week_restates_its_report(tmp_path: Path) -> None:
    rows = [{"id": f"r{n}", "time": f"2026-11-{n + 1:02d}", "text": "The crew was friendly."} for n in range(15)]
    voc("run", write_jsonl(tmp_path / "a.jsonl", rows), cwd=tmp_path)
    later = [
        {"id": "new", "time": "2026-11-22", "text": "Polite and quick."},
        {"id": "late", "time": "2026-11-10", "text": "Nobody answered my mails for three weeks, I was ignored."},
    ]
    done = voc("run", write_jsonl(tmp_path / "b.jsonl", later), "--json", cwd=tmp_path)
    assert done.json["report"]["week"] == "2026-W47" and done.json["restated"] == ["2026-W46"]
    old = _report(tmp_path, "2026-W46")
    assert old["revision"] == 2 and old["restates"]["revision"] == 1
    assert voc("run", str(tmp_path / "b.jsonl"), "--json", cwd=tmp_path).json["restated"] == []


def test_a_store_without_dates_gives_a_report_of_the_whole(tmp_path: Path) -> None:
    texts = ["Very rude man at the desk.", "", "票务系统又崩溃了，钱扣了两次。", "Lovely crew, on time."]
    file = write_jsonl(tmp_path / "undated.jsonl", [{"id": str(n), "text": t} for n, t in enumerate(texts)])
    done = voc("run", file, cwd=tmp_path)
    assert done.code == 0, done.err
    report = _report(tmp_path, "all")
    assert report["week"] == "all"
    assert report["coverage"]["documents"] == 4 and report["coverage"]["undated"] == 4
    jsonschema.validate(report, SCHEMA)


def test_a_partial_week_is_not_reported_while_a_complete_one_is_there(tmp_path: Path) -> None:
    rows = [{"id": str(n), "time": f"2026-11-{n:02d}", "text": "Friendly staff."} for n in range(2, 19)]
    done = voc("run", write_jsonl(tmp_path / "a.jsonl", rows), "--json", cwd=tmp_path)
    assert done.json["report"]["week"] == "2026-W46"
    partial = voc("run", "--week", "2026-W47", "--json", str(tmp_path / "a.jsonl"), cwd=tmp_path)
    assert partial.code == 0, partial.err
    report = _report(tmp_path, "2026-W47")
    assert report["weeks"][-1]["partial"] is True
    assert all(side["change"] is None for d in report["weeks"][-1]["drivers"].values() for side in d.values())
    complete = voc(
        "run", "--week", "2026-W47", "--as-of", "2026-11-22", "--json", str(tmp_path / "a.jsonl"), cwd=tmp_path
    )
    assert complete.code == 0 and _report(tmp_path, "2026-W47")["weeks"][-1]["partial"] is False


def test_too_many_rejects_end_with_3_after_the_report_is_written(tmp_path: Path) -> None:
    good = [json.dumps({"id": str(n), "time": "2026-11-12", "text": "Polite and quick."}) for n in range(8)]
    (tmp_path / "mixed.jsonl").write_text("\n".join([*good, "{not json", '{"id": "x"}']) + "\n", "utf-8")
    done = voc("run", "mixed.jsonl", "--as-of", "2026-11-15", cwd=tmp_path)
    assert done.code == 3
    assert "mixed.jsonl" in done.err
    assert _report(tmp_path)["rejects"]["count"] == 2
    rejects = voc("rejects", "--json", cwd=tmp_path).json
    assert [(r["file"], r["row"]) for r in rejects["rejects"]] == [("mixed.jsonl", 9), ("mixed.jsonl", 10)]
    allowed = voc("run", "mixed.jsonl", "--as-of", "2026-11-15", "--max-reject-share", "0.5", cwd=tmp_path)
    assert allowed.code == 0


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant"])
def test_the_report_speaks_chinese(sample: tuple[Path, Done], tmp_path: Path, language: str) -> None:
    done = voc("report", "--report-language", language, "-o", tmp_path, cwd=sample[0])
    assert done.code == 0, done.err
    html = (tmp_path / "2026-W46" / "report.html").read_text("utf-8")
    assert f'lang="{language}"' in html and {"zh-Hans": "忽视", "zh-Hant": "忽視"}[language] in html


def test_mail_that_is_not_a_customers_does_not_count_as_bad_input(tmp_path: Path) -> None:
    answer = (
        "From a@example.com Mon Nov  9 10:00:00 2026\n"
        "From: Bot <bot@example.com>\nSubject: Out of office\nAuto-Submitted: auto-replied\n"
        "Date: Mon, 9 Nov 2026 11:00:00 +0000\nMessage-ID: <2@example.com>\n\nI am away.\n\n"
    )
    letter = (
        "From a@example.com Mon Nov  9 10:00:00 2026\nFrom: Ann <ann@example.com>\nSubject: refund\n"
        "Date: Mon, 9 Nov 2026 10:00:00 +0000\nMessage-ID: <1@example.com>\n\nNobody answers my mails.\n\n"
    )
    (tmp_path / "inbox.mbox").write_text(letter + answer, "utf-8")
    done = voc("run", "inbox.mbox", "--as-of", "2026-11-15", "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert (done.json["ingest"]["added"], done.json["ingest"]["rejects"], done.json["ingest"]["set_aside"]) == (1, 1, 1)


def test_relative_dates_wait_for_as_of(tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(
        "date,review\n3 天前,没有人回复我的邮件。\n2 weeks ago,The man was rude to us.\n", "utf-8"
    )
    first = voc("run", "feed.csv", cwd=tmp_path)
    assert first.code == 0 and "--as-of" in first.err
    assert _report(tmp_path, "all")["coverage"]["undated"] == 2
    dated = voc("run", "feed.csv", "--as-of", "2026-11-15", "--json", cwd=tmp_path)
    assert dated.code == 0, dated.err
    report = _report(tmp_path)
    assert report["coverage"]["undated"] == 0
    assert [(w["week"], w["documents"]) for w in report["weeks"]] == [("2026-W44", 1), ("2026-W45", 0), ("2026-W46", 1)]
