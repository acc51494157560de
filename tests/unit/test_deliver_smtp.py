"""Mail against a real server, which takes it, refuses it, or breaks off at each point."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.delivery import DROP, SLOW, Box, mail_server, trust
from voc.channels import SmtpChannel
from voc.config import DeliverConfig
from voc.deliver import NotSent, Refused, TryLater, Uncertain, pack, send
from voc.deliver.smtp import _dotted
from voc.pipeline.letters import alert_letter

LETTER = alert_letter(".a feed stopped 客服\n.", "Harbour Line", "en")
PASSWORD = "hunter2-Zq8-secret"
LIMITS = DeliverConfig((), True, 1, 0.0, 5.0)


@pytest.fixture(autouse=True)
def _trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", trust(tmp_path))


def channel(box: Box, **changes: object) -> SmtpChannel:
    made = SmtpChannel(
        "board", "localhost", "Voice <voc@example.com>", ("a@example.com", "b@example.com"), port=box.port
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def sent(box: Box, limits: DeliverConfig = LIMITS, **changes: object) -> tuple[str, int]:
    pauses: list[float] = []
    secrets = {"VOC_P": PASSWORD}
    return send(pack(channel(box, **changes), LETTER), secrets, limits, clock=lambda: 1.7e9, pause=pauses.append)


def not_sent(kind: type[NotSent], box: Box, limits: DeliverConfig = LIMITS, **changes: object) -> str:
    with pytest.raises(NotSent) as caught:
        sent(box, limits, **changes)
    assert type(caught.value) is kind, caught.value.detail
    assert PASSWORD not in str(caught.value) and caught.value.__context__ is not caught.value
    return caught.value.detail


def test_a_mail_goes_encrypted_to_all_and_is_dated() -> None:
    with mail_server(Box()) as box:
        said, attempts = sent(box)
    assert (attempts, said) == (1, "answered 250: Taken")
    (mail,) = box.mails
    assert box.recipients == [["a@example.com", "b@example.com"]] and box.encrypted == [True]
    assert mail["Date"] == "Tue, 14 Nov 2023 22:13:20 -0000"
    body = mail.get_body(("plain",))
    assert body is not None and ".a feed stopped 客服" in body.get_content()


def test_a_login_comes_after_encryption() -> None:
    with mail_server(Box(password=PASSWORD)) as box:
        sent(box, user="voc@example.com", password_env="VOC_P")
    assert box.logins == [(b"voc@example.com", PASSWORD.encode())] and len(box.mails) == 1


def test_a_wrong_password_is_refused_and_never_told() -> None:
    with mail_server(Box(password="another")) as box:
        detail = not_sent(Refused, box, user="voc@example.com", password_env="VOC_P")
    assert "535" in detail and not box.mails


def test_a_certificate_of_another_name_or_of_nobody_known_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server(Box(), name="mail.example.org") as box:
        assert "certificate of localhost is not valid" in not_sent(Refused, box)
    monkeypatch.delenv("SSL_CERT_FILE")
    with mail_server(Box()) as box:
        assert "certificate of localhost is not valid" in not_sent(Refused, box)
        assert not box.mails


def test_without_starttls_nothing_is_sent_unless_it_is_allowed() -> None:
    with mail_server(Box(), starttls=False) as box:
        assert "offers no STARTTLS" in not_sent(Refused, box)
        assert not box.mails
        sent(box, security="none")
        assert box.encrypted == [False]


def test_one_refused_recipient_stops_the_mail_for_all() -> None:
    box = Box(rcpt=lambda address: "550 No such user" if address.startswith("b@") else "250 OK")
    with mail_server(box):
        assert not_sent(Refused, box) == "recipient 2 of 2 was refused: answered 550: No such user"
    assert not box.mails and box.tried == 0


def test_a_busy_server_is_asked_again_with_growing_pauses() -> None:
    box = Box(data=lambda number: "451 Try later" if number < 3 else "250 Taken")
    pauses: list[float] = []
    with mail_server(box):
        parcel = pack(channel(box), LETTER)
        limits = replace(LIMITS, attempts=4, backoff=2.0)
        assert send(parcel, {}, limits, pause=pauses.append)[1] == 3
    assert len(box.mails) == 1 and len(pauses) == 2
    assert 1 <= pauses[0] <= 3 and 2 <= pauses[1] <= 6
    again: list[float] = []
    with mail_server(Box(data=lambda number: "451 Try later" if number < 3 else "250 Taken")) as other:
        send(pack(channel(other), LETTER), {}, limits, pause=again.append)
    assert again == pauses, "the same letter waits the same"


def test_a_server_that_stays_busy_is_given_up() -> None:
    with mail_server(Box(data=lambda number: "451 Try later")) as box:
        assert not_sent(TryLater, box, replace(LIMITS, attempts=3)) == "answered 451: Try later (3 attempts)"
        assert box.tried == 3


def test_a_refused_mail_is_not_tried_again() -> None:
    with mail_server(Box(data=lambda number: "554 Spam")) as box:
        assert not_sent(Refused, box, replace(LIMITS, attempts=3)) == "answered 554: Spam"
        assert box.tried == 1


@pytest.mark.parametrize("fault", [DROP, SLOW])
def test_no_answer_after_the_last_byte_leaves_it_open_and_is_not_tried_again(fault: str) -> None:
    with mail_server(Box(data=lambda number: fault)) as box:
        not_sent(Uncertain, box, replace(LIMITS, attempts=3, timeout=0.7))
    assert box.tried == 1


def test_a_mail_that_is_too_large_is_not_sent() -> None:
    with mail_server(Box(), data_size_limit=1000) as box:
        assert "takes mails of up to 1,000 bytes" in not_sent(Refused, box)
    assert box.tried == 0


@contextmanager
def talker(*lines: bytes) -> Iterator[Box]:
    """A server that says these lines, one for each that it hears, then breaks off."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk() -> None:
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as heard:
                for line in lines:
                    connection.sendall(line)
                    if not heard.readline():
                        return

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        yield Box(port=server.getsockname()[1])
        thread.join(5)


@pytest.mark.parametrize("lines", [(), (b"220 hello\r\n",), (b"220 hello\r\n", b"250 mail\r\n")])
def test_a_server_that_breaks_off_before_the_mail_has_not_got_it(lines: tuple[bytes, ...]) -> None:
    with talker(*lines) as box:
        assert "closed the connection" in not_sent(TryLater, box, security="none")


def test_a_port_where_nobody_listens_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    detail = not_sent(TryLater, Box(port=port), replace(LIMITS, attempts=2))
    assert "cannot be reached" in detail and "(2 attempts)" in detail


def test_a_secret_that_a_server_says_back_is_not_kept() -> None:
    box = Box(password=PASSWORD, data=lambda number: f"554 no {PASSWORD} here")
    with mail_server(box):
        detail = not_sent(Refused, box, user="voc@example.com", password_env="VOC_P")
    assert detail == "answered 554: no [secret] here"


def test_lines_that_start_with_a_dot_get_another() -> None:
    assert _dotted(b"a\n.b\r\n..\rc") == b"a\r\n..b\r\n...\r\nc\r\n.\r\n"
