"""Channels in voc.toml: what is read, what is refused, and that no value that could be a secret is ever shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from voc import channels
from voc.channels import SmtpChannel, WebhookChannel
from voc.config import LANGUAGES, load_config
from voc.errors import ConfigError

SMTP = """
[deliver.board]
kind = "smtp"
host = "smtp.example.com"
from = "Customer voice <voc@example.com>"
to = ["board@example.com", "Li Wei 李伟 <li@example.com>"]
"""
SECRET = "hunter2-Zq8-secret"


def load(folder: Path, text: str) -> object:
    (folder / "voc.toml").write_text(text, "utf-8")
    return load_config(folder)


def refused(folder: Path, text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(folder, text)
    assert SECRET not in str(caught.value)
    return caught.value


def test_channels_are_read_with_their_defaults(tmp_path: Path) -> None:
    text = SMTP + '[deliver.team]\nkind = "slack"\nurl_env = "VOC_SLACK_URL"\nquotes = false\n[deliver]\nattempts = 2\n'
    (tmp_path / "voc.toml").write_text(text, "utf-8")
    config = load_config(tmp_path)
    assert config.channels == {
        "board": SmtpChannel(
            "board",
            "smtp.example.com",
            "Customer voice <voc@example.com>",
            ("board@example.com", "Li Wei 李伟 <li@example.com>"),
        ),
        "team": WebhookChannel("team", "slack", "VOC_SLACK_URL", quotes=False),
    }
    board = config.channels["board"]
    assert isinstance(board, SmtpChannel)
    assert (board.port, board.security, board.attach) == (587, "starttls", ("html", "xlsx", "pdf"))
    assert config.deliver.attempts == 2
    shown = {key: value for key, value, _ in config.items()}
    assert shown["deliver.team.url_env"] == "VOC_SLACK_URL" and shown["deliver.board.kind"] == "smtp"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (SMTP + f'password = "{SECRET}"', "deliver.board.password"),
        (SMTP + f'user = "a"\nsmtp_pass = "{SECRET}"', "deliver.board.smtp_pass"),
        (f'[deliver.t]\nkind = "slack"\nurl = "https://hooks.slack.com/{SECRET}"', "deliver.t.url"),
        (f'[deliver.t]\nkind = "slack"\nurl_env = "https://hooks.slack.com/{SECRET}"', "deliver.t.url_env"),
        (f'[deliver.t]\nkind = "feishu"\nurl_env = "U"\nsecret = "{SECRET}"', "deliver.t.secret"),
        (f'[deliver.t]\nkind = "feishu"\nurl_env = "U"\nsecret_env = "{SECRET}!"', "deliver.t.secret_env"),
        (f'[deliver]\npassword = "{SECRET}"', "deliver.password"),
        (f'[deliver.t]\nkind = "webhook"\naccess_token = "{SECRET}"', "deliver.t.access_token"),
    ],
)
def test_a_secret_in_the_file_is_refused_with_what_to_do(tmp_path: Path, text: str, where: str) -> None:
    error = refused(tmp_path, text)
    assert where in error.message and "holds a secret" in error.message and str(tmp_path / "voc.toml") in error.message
    assert "_env = " in (error.hint or "") and "change it where it was issued" in (error.hint or "")
    assert error.exit_code == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'[deliver.t]\nkind = "{SECRET}"', "deliver.t.kind"),
        (SMTP.replace("smtp.example.com", f"voc:{SECRET}@smtp"), "deliver.board.host"),
        (SMTP.replace("board@example.com", SECRET), "address 1 of deliver.board.to"),
        (SMTP.replace("board@example.com", "a@example.com\\r\\nBcc: b@example.com"), "address 1"),
        (SMTP.replace("board@example.com", "a@example.com, b@example.com"), "address 1"),
        (SMTP.replace("voc@example.com", "voc@例え.example"), "deliver.board.from"),
        (SMTP + 'security = "none"', "readable for all"),
        (SMTP + "port = 70000", "no such port"),
        (SMTP + 'port = "25"', "whole number"),
        (SMTP + 'user = "voc"', "go together"),
        (SMTP + 'langauge = "en"', "unknown key deliver.board.langauge"),
        (SMTP + 'sender = "a@example.com"', "unknown key deliver.board.sender"),
        (SMTP + 'language = "de"', "no such report"),
        (SMTP + 'attach = ["docx"]', "another kind of file"),
        (SMTP.replace("smtp.example.com", "localhost") + 'security = "none"\nuser="a"\npassword_env="P"', "encryption"),
        ("[deliver.t]\nkind = 'slack'", "lacks url_env"),
        ("[deliver.t]\nkind = 'slack'\nurl_env = 'U'\nsecret_env = 'S'", "knows no signature"),
        ("[deliver.'../x']\nkind = 'slack'\nurl_env = 'U'", "name of a channel"),
        ("[deliver]\nboard = 3", "unknown key 'deliver.board'"),
        ("[deliver]\nallowed_hosts = ['https://x.example/']", "is no host"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(tmp_path, text).message


def test_only_this_machine_may_go_without_encryption(tmp_path: Path) -> None:
    config = load(tmp_path, SMTP.replace("smtp.example.com", "localhost") + 'security = "none"')
    assert config.channels["board"].security == "none"  # type: ignore[attr-defined]


def test_languages_are_those_of_reports() -> None:
    assert channels._LANGUAGES == LANGUAGES


def test_a_key_that_is_near_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path, SMTP + 'langauge = "en"').hint == "Did you mean language?"
