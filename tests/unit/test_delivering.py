"""What is sent, what is not, and the record of it: the pipeline against real servers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.delivery import DROP, MAIL, WEEK, Box, Hook, https_server, mail_server, report, trust, workspace
from voc.errors import DeliveryError, UsageError
from voc.pipeline import NoProgress, RunOptions
from voc.pipeline.delivering import DeliverOptions, deliver_report
from voc.report import Report, pdf
from voc.store import Store

HOOK = """
[deliver]
allowed_hosts = ["localhost"]
private_addresses = true
attempts = 2
backoff = 0.05
timeout = 8.0
[deliver.team]
kind = "slack"
url_env = "VOC_TEAM_URL"
"""


@pytest.fixture(autouse=True)
def _trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", trust(tmp_path))
    monkeypatch.delenv("VOC_TEAM_URL", raising=False)


def deliver(folder: Path, week: str | None = None, **wanted: Any) -> list[tuple[str, str, str]]:
    """(target, state, detail) of each channel."""
    try:
        result = deliver_report(RunOptions(folder / "w", week=week), DeliverOptions(**wanted), NoProgress())
    except DeliveryError as error:
        assert error.exit_code == 1 and str(error)
        result = error.result  # type: ignore[assignment]
        result.lines.append(str(error))
    return [(one["target"], one["state"], one["detail"]) for one in result.summary["deliver"]["channels"]]


def record(folder: Path) -> list[tuple[Any, ...]]:
    with Store.open(folder / "w", readonly=True) as store:
        return [(d.revision, d.target, d.state, d.attempts, d.reason) for d in store.deliveries()]


def test_a_revised_week_is_named_and_sent_only_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = report()
    workspace(tmp_path, HOOK, first)
    with https_server(Hook()) as hook:
        monkeypatch.setenv("VOC_TEAM_URL", hook.url)
        assert deliver(tmp_path) == [("team", "sent", "200")]
        workspace(tmp_path, HOOK, first, report(revised=True))
        assert deliver(tmp_path) == [("team", "revised", "revision 1 was sent before; this is revision 2")]
        assert len(hook.asked) == 1
        assert deliver(tmp_path, again=True, reason="late calls") == [("team", "sent", "200")]
        assert deliver(tmp_path) == [("team", "skipped", "was sent before")]
    assert record(tmp_path) == [(1, "team", "sent", 1, ""), (2, "team", "sent", 1, "late calls")]
    with Store.open(tmp_path / "w", readonly=True) as store:
        told = [entry.detail for entry in store.audited(action="deliver")]
    assert told == [{"week": WEEK, "revision": n, "to": "team", "kind": "slack"} for n in (1, 2)]
    said = hook.asked[1].body.decode()
    assert "Revision 2" in said and "late calls" in said


def test_no_answer_is_unknown_and_an_error_is_tried_next_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace(tmp_path, HOOK)
    with https_server(Hook([(503, {}, b"busy"), (503, {}, b"busy"), DROP])) as hook:
        monkeypatch.setenv("VOC_TEAM_URL", hook.url)
        assert deliver(tmp_path) == [("team", "failed", "answered 503: busy (2 attempts)")]
        ((_, state, detail),) = deliver(tmp_path)
        assert state == "unknown" and "no answer came" in detail
        ((_, state, detail),) = deliver(tmp_path)
        assert state == "unknown" and "may have arrived" in detail
        assert len(hook.asked) == 3, "what is unknown is not sent again by itself"
        keys = {asked.headers["Idempotency-Key"] for asked in hook.asked}
        assert len(keys) == 1, "the same delivery, for whoever receives it"
        hook.answers = [(200, {}, b"ok")]
        deliver(tmp_path, again=True, reason="it is not there")
        assert deliver(tmp_path) == [("team", "skipped", "was sent before")]
    assert [row[2] for row in record(tmp_path)] == ["failed", "unknown", "sent"]


def test_a_mail_carries_the_report_and_one_broken_channel_does_not_stop_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOC_SMTP_PASSWORD", "pw-3Zq")
    monkeypatch.setattr(pdf, "unavailable", lambda: None)  # a real one is made in its own tests
    monkeypatch.setattr(pdf, "render_pdf", lambda value, language: f"%PDF {value.week} {language}".encode())
    with mail_server(Box(password="pw-3Zq")) as box:
        everything = MAIL.format(port=box.port).replace('attach = ["xlsx"]\n', "")
        workspace(tmp_path, everything, report(company="Harbour\u202e Line\r\nBcc: x@example.com"))
        board, team = deliver(tmp_path)
    assert board[:2] == ("board", "sent")
    assert team[:2] == ("team", "failed") and team[2].endswith("the environment lacks VOC_TEAM_URL")
    (mail,) = box.mails
    assert "Bcc" not in mail and "\u202e" not in mail["Subject"] and "46" in mail["Subject"]
    files = {part.get_filename(): part.get_payload(decode=True) for part in mail.iter_attachments()}
    assert list(files) == [f"report-{WEEK}.html", f"report-{WEEK}.xlsx", f"report-{WEEK}.pdf"]
    assert b'lang="zh-Hant"' in files[f"report-{WEEK}.html"][:300] and files[f"report-{WEEK}.xlsx"][:2] == b"PK"
    assert files[f"report-{WEEK}.pdf"] == f"%PDF {WEEK} zh-Hant".encode()
    assert [row[1:3] for row in record(tmp_path)] == [("board", "sent")], "what was not tried is not noted"


def test_the_last_complete_week_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    earlier, partial = report(), report(partial=True)
    assert earlier.week == "2026-W46" and partial.current is not None and partial.current.partial
    later = _renamed(partial)
    workspace(tmp_path, HOOK, earlier, later)
    with https_server(Hook()) as hook:
        monkeypatch.setenv("VOC_TEAM_URL", hook.url)
        deliver(tmp_path)
        with pytest.raises(UsageError, match="no report of 2026-W01"):
            deliver(tmp_path, week="2026-W01")
        deliver(tmp_path, week=later.week)
    assert ["46" in asked.body.decode() for asked in hook.asked] == [True, False]


def _renamed(partial: Report) -> Report:
    from dataclasses import replace

    weeks = tuple(replace(row, week="2026-W47") if row.week == partial.week else row for row in partial.weeks)
    return replace(partial, week="2026-W47", weeks=weeks)
