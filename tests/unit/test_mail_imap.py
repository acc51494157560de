from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.mail_fakes import ImapServer, message
from voc.documents import Document
from voc.errors import InputError, UsageError
from voc.ingest.imap import PASSWORD, encode_folder, fetch_folder, is_imap, parse_url
from voc.ingest.mail import MailReader
from voc.ingest.record import IngestOptions, Stats

KEY = {PASSWORD: "secret"}


@pytest.fixture
def server() -> Iterator[ImapServer]:
    mails = {
        uid: message(f"Complaint {uid}\n\nFrom here on I walk.", message_id=f"<{uid}@x>").replace(b"\n", b"\r\n")
        for uid in range(1, 61)
    }
    made = ImapServer(mails)
    yield made
    made.close()


def url(server: ImapServer, folder: str = "INBOX") -> str:
    return f"imap://ann%40lee.example@127.0.0.1:{server.port}/{folder}"


def test_a_folder_becomes_a_mailbox(server: ImapServer, tmp_path: Path) -> None:
    target = tmp_path / "box.mbox"
    fetched = fetch_folder(url(server), target, KEY)
    assert fetched.messages == 60
    items = [item for _, item in MailReader().open(target, IngestOptions()).read(Stats())]
    assert [item.id for item in items if isinstance(item, Document)] == [f"{uid}@x" for uid in range(1, 61)]
    assert items[2].text == "Complaint 3\n\nFrom here on I walk."  # type: ignore[union-attr]


def test_nothing_is_changed_on_the_server(server: ImapServer, tmp_path: Path) -> None:
    fetch_folder(url(server), tmp_path / "box.mbox", KEY)
    said = [command.upper() for command in server.said]
    assert any(command.startswith("EXAMINE ") for command in said)
    fetches = [command for command in said if command.startswith("UID FETCH")]
    assert len(fetches) == 2
    assert all("BODY.PEEK[]" in command for command in fetches)
    changing = ("SELECT", "STORE", "UID STORE", "EXPUNGE", "COPY", "APPEND", "UID MOVE", "DELETE")
    assert not [command for command in said if command.startswith(changing)]


def test_the_identity_is_that_of_the_folder(tmp_path: Path) -> None:
    found = []
    for mails in (
        {1: b"From: a@b\r\n\r\nx"},
        {1: b"From: a@b\r\n\r\nx"},
        {1: b"From: a@b\r\n\r\nx", 2: b"From: a@b\r\n\r\ny"},
    ):
        made = ImapServer(mails)
        found.append(fetch_folder(url(made), tmp_path / "box.mbox", KEY).identity)
        made.close()
    assert found[0] == found[1] != found[2]


def test_errors_say_what_to_do_and_no_password(server: ImapServer, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=PASSWORD):
        fetch_folder(url(server), tmp_path / "x", {})
    with pytest.raises(InputError, match="refuses the login") as refused:
        fetch_folder(url(server), tmp_path / "x", {PASSWORD: "guess"})
    assert "guess" not in str(refused.value)


def test_a_folder_that_is_not_there(server: ImapServer, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder 'Nowhere'"):
        fetch_folder(url(server, "Nowhere"), tmp_path / "x", KEY)


def test_a_server_that_is_not_there(server: ImapServer, tmp_path: Path) -> None:
    port = server.port
    server.close()
    with pytest.raises(InputError, match="cannot be read"):
        fetch_folder(f"imap://ann@127.0.0.1:{port}/INBOX", tmp_path / "x", KEY)


def test_addresses() -> None:
    assert is_imap("imaps://a@b/c")
    assert not is_imap("https://a@b/c")
    assert parse_url("imaps://ann%40lee.example@mail.example/%E5%AE%A2%E6%9C%8D") == (
        "mail.example", 993, "ann@lee.example", "客服", True,
    )  # fmt: skip
    assert parse_url("imap://ann@mail.example").folder == "INBOX"
    for wrong in (
        "imaps://mail.example/INBOX",
        "imaps://ann:pw@mail.example",
        "imap://ann@mail.example:x/",
        "imaps://ann%0a@m.example",
    ):
        with pytest.raises(UsageError):
            parse_url(wrong)


def test_folder_names_are_written_as_the_protocol_wants() -> None:
    assert encode_folder("客服 & co") == "&W6JnDQ- &- co"
