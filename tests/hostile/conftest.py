"""A company whose every field is hostile, read, reported, curated and exported by the real program; and its twin."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.hostile import payloads, sample
from tests.program import Done, voc


@dataclass
class Company:
    """A workspace, the files that were exported from it, and all that commands said."""

    folder: Path
    hostile: bool
    said: dict[str, Done] = field(default_factory=dict)

    @property
    def workspace(self) -> Path:
        return self.folder / "w"

    def run(self, *args: str | Path, codes: tuple[int, ...] = (0,)) -> Done:
        done = voc(*args, cwd=self.folder, env={"VOC_WORKSPACE": str(self.workspace)})
        assert done.code in codes, (args, done)
        self.said[" ".join(map(str, args))] = done
        return done

    def files(self) -> list[Path]:
        """Whatever was written below the workspace and by exports."""
        places = (self.workspace, self.folder / "out")
        return sorted(p for place in places for p in place.rglob("*") if p.is_file() and p.name != "voc.toml")


def make(folder: Path, *, hostile: bool) -> Company:
    """Reads the company's files and reports on them."""
    company = Company(folder, hostile)
    feed = sample.write(folder, hostile=hostile)
    (folder / "out").mkdir()
    paper = () if hostile else ("--pdf",)  # the hostile company's reports in two languages have theirs
    company.run("run", feed, *paper, "--week", sample.WEEK, "--as-of", sample.AS_OF, "-v", codes=(0, 3))
    return company


def _work(company: Company) -> None:
    """What people do with themes, cases and actions, in words that are payloads; then the report again."""
    run = company.run
    words = (t.replace("\x00", "").encode("utf-8", "replace").decode() or "-" for t in payloads.ALL)  # as arguments
    for theme in run("themes", "list", "--json").json["themes"][:4]:
        run("themes", "rename", theme["id"], f"--en={next(words)}", f"--zh={next(words)}", "--as-of", sample.AS_OF)
    for case in run("cases", "list", "--json").json["cases"][:4]:
        run("cases", "assign", case["case"], "--note", next(words), "--by", next(words), "--", next(words))
        run("cases", "show", case["case"])
    for _ in range(4):
        run("actions", "add", "--driver", "neglect", f"--owner={next(words)}", "--", f"x {next(words)}")
    for language in ("en", "zh-Hans"):
        scope = ("--week", sample.WEEK, "--as-of", sample.AS_OF, "--report-language", language)
        run("report", *scope, "--pdf", "-o", f"out/{language}")


def _look(company: Company) -> None:
    """All that shows or writes what customers said."""
    run, out, feed = company.run, company.folder / "out", company.folder / "feed"
    run("ingest", feed, "--dry-run")
    run("ingest", feed, "--dry-run", "--json")
    lists = (["cases", "list"], ["actions", "list"], ["themes", "list"])
    for command in (["status"], ["rejects"], ["search", "mails"], *lists):
        run(*command)
        run(*command, "--json")
    for key in [d["key"] for d in run("search", "mails", "--json", "--limit", "3").json["documents"]]:
        run("explain", key)
        run("explain", key, "--json")
    for what in ("documents", "segments", "predictions", "themes", "trends"):
        for ending in ("csv", "xlsx"):
            run("export", what, "-o", out / f"{what}.{ending}", *(["--identified"] if what == "documents" else []))
    run("export", "documents", "-o", out / "documents.jsonl")
    for ending in ("csv", "xlsx"):
        run("cases", "export", "-o", out / f"cases.{ending}")
    run("label", "export", "--n", "30", "-o", out / "label.xlsx")
    run("label", "export", "--n", "30", "--to", "labelstudio", "-o", out / "label.json")
    run("label", "audit")


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Payloads in every field."""
    company = make(tmp_path_factory.mktemp("hostile"), hostile=True)
    _work(company)
    _look(company)
    return company


@pytest.fixture(scope="session")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The same files with plain words."""
    return make(tmp_path_factory.mktemp("twin"), hostile=False)
