from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.mail_fakes import mbox, message, msg_file
from voc.documents import Document, Reject
from voc.errors import InputError, VocError
from voc.ingest import open_source, open_sources
from voc.ingest.mail import MaildirReader, MailReader, is_maildir
from voc.ingest.record import IngestOptions, Stats

COMPANY = IngestOptions(company_domains=("harbour.example",))
COMPLAINT = "The ferry left an hour late and nobody said why."


def read(path: Path, options: IngestOptions | None = None) -> list[tuple[int, Document | Reject]]:
    reader = MaildirReader() if path.is_dir() else MailReader()
    return [*reader.open(path, options or IngestOptions()).read(Stats())]


def one(path: Path, data: bytes, options: IngestOptions | None = None) -> Document | Reject:
    path.write_bytes(data)
    ((row, item),) = read(path, options)
    assert row == 1
    return item


def document(path: Path, data: bytes, options: IngestOptions | None = None) -> Document:
    found = one(path, data, options)
    assert isinstance(found, Document), found
    return found


@pytest.fixture
def eml(tmp_path: Path) -> Path:
    return tmp_path / "mail.eml"


def test_a_message_is_a_document(eml: Path) -> None:
    text = f"{COMPLAINT}\n\nOn 3 Mar 2025, at 9:00, Lily <lily@harbour.example> wrote:\n> Was it nice?\n"
    found = document(
        eml,
        message(
            text, from_="Ann Lee <Ann@Lee.example>", to="help@harbour.example", subject="渡輪 late again",
            date="Tue, 04 Mar 2025 10:15:00 +0800", message_id="<m1@lee.example>", references="<r@x> <q@x>",
        ),
    )  # fmt: skip
    assert (found.id, found.given_id, found.channel, found.customer) == (
        "m1@lee.example",
        True,
        "email",
        "ann@lee.example",
    )
    assert (found.text, found.time, found.thread) == (COMPLAINT, "2025-03-04T10:15:00+08:00", "r@x")
    assert found.original is not None
    assert "Was it nice?" in found.original
    assert found.metadata["subject"] == "渡輪 late again"
    assert found.metadata["from name"] == "Ann Lee"
    assert found.metadata["to"] == "help@harbour.example"


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "gb2312", "big5", "iso-2022-jp", "hz"])
def test_round_trip_of_character_sets(eml: Path, charset: str) -> None:
    text = {"big5": "櫃檯的人員態度很差，等了兩個小時。", "iso-2022-jp": "対応が遅いです。二時間待ちました。"}.get(
        charset, "客服态度很差，等了两个小时。"
    )
    found = document(eml, message(text, charset=charset, subject=text))
    assert (found.text, found.metadata["subject"]) == (text, text)


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "big5"])
def test_character_sets_that_are_not_named(eml: Path, charset: str) -> None:
    text = (
        "我的訂單還沒有到，客服一直沒有回覆，請退款。"
        if charset == "big5"
        else "我的订单还没有到，客服一直没有回复，请退款。"
    )
    for declared in (
        b"",
        b"Content-Type: text/plain; charset=us-ascii\n",
        b"Content-Type: text/plain; charset=nonsense\n",
    ):
        found = document(
            eml,
            b"From: a@b.example\n" + declared + b"Subject: " + text.encode(charset) + b"\n\n" + text.encode(charset),
        )
        assert (found.text, found.metadata["subject"]) == (text, text)


def test_html_is_read_where_there_is_no_plain_text(eml: Path) -> None:
    html = f"<p>{COMPLAINT}</p><div class=gmail_quote><div>On Monday Lily wrote:</div><blockquote>Hi</blockquote></div>"
    assert document(eml, message("  \n", html=html)).text == COMPLAINT
    assert document(eml, message("Plain words first.", html=html)).text == "Plain words first."
    assert document(eml, message("Your client does not support HTML e-mail.", html=html)).text == COMPLAINT


def test_attachments_are_named_and_not_read(eml: Path) -> None:
    inner = message("inner words", subject="Inner")
    data = (
        b"From: a@b.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n"
        b"--x\nContent-Type: text/plain\n\n"
        + COMPLAINT.encode()
        + b"\n--x\nContent-Type: message/rfc822\n\n"
        + inner
        + b"\n--x\nContent-Type: text/plain; name*=utf-8''%E7%A5%A8.txt\nContent-Disposition: attachment\n\n"
        b"attached words\n--x--\n"
    )
    found = document(eml, data)
    assert (found.text, found.metadata["attachments"]) == (COMPLAINT, "message/rfc822, 票.txt")


def test_no_message_id_no_date(eml: Path) -> None:
    first = document(eml, b"From: a@b.example\n\nhello there")
    assert (first.given_id, first.time, first.thread) == (False, None, None)
    assert first.id == first.key[:16]


def test_a_body_of_history_only_is_an_empty_document(eml: Path) -> None:
    found = document(eml, message("> old\n> older\n"))
    assert (found.text, found.original) == ("", "> old\n> older")


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"auto_submitted": "auto-replied"}, "auto_reply"),
        ({"auto_submitted": "auto-generated"}, "auto_reply"),
        ({"x_autoreply": "yes"}, "auto_reply"),
        ({"precedence": "auto_reply"}, "auto_reply"),
        ({"subject": "Automatic reply: Your question"}, "auto_reply"),
        ({"subject": "Out of office"}, "auto_reply"),
        ({"subject": "自动回复：您好"}, "auto_reply"),
        ({"subject": "自動回覆: 您好"}, "auto_reply"),
        ({"precedence": "bulk", "list_unsubscribe": "<mailto:x@y.example>"}, "auto_reply"),
        ({"subject": "Undelivered Mail Returned to Sender", "from_": "MAILER-DAEMON@mx.example"}, "bounce"),
        ({"subject": "系统退信", "from_": "postmaster@mx.example"}, "bounce"),
        ({"x_failed_recipients": "a@b.example"}, "bounce"),
    ],
)
def test_what_nobody_wrote_is_set_aside(eml: Path, headers: dict[str, str], reason: str) -> None:
    found = one(eml, message("I am away.", **headers))
    assert isinstance(found, Reject)
    assert found.reason == reason


@pytest.mark.parametrize(
    "headers",
    [
        {"precedence": "list"},
        {"precedence": "bulk"},
        {"auto_submitted": "no"},
        {"subject": "Re: Automatic reply: how rude"},
        {"subject": "Out of office hours again"},
        {"auto_submitted": "auto-generated", "reply_to": "ann@lee.example", "from_": "form@site.example"},
        {"subject": "Undeliverable parcel"},
    ],
)
def test_customers_are_not_set_aside(eml: Path, headers: dict[str, str]) -> None:
    assert document(eml, message(COMPLAINT, **headers)).text == COMPLAINT


def test_a_delivery_report_is_a_bounce(eml: Path) -> None:
    data = (
        b"From: x@y.example\nSubject: hm\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        b"--b\nContent-Type: text/plain\n\nfailed\n--b--\n"
    )
    found = one(eml, data)
    assert isinstance(found, Reject)
    assert found.reason == "bounce"


def conversation() -> list[bytes]:
    lily = {"from_": "Lily <lily@mail.harbour.example>"}
    return [
        message("Third word.", message_id="<4@a>", in_reply_to="<2@h>", references="<1@a> <2@h>"),
        message("More.", message_id="<3@h>", in_reply_to="<2@h>", date="Thu, 06 Mar 2025 10:00:00 +0800", **lily),
        message(
            "We are sorry.\n\n-- \nLily\n", message_id="<2@h>", in_reply_to="<1@a>",
            date="Wed, 05 Mar 2025 10:00:00 +0800", **lily,
        ),
        message(COMPLAINT, message_id="<1@a>", date="Tue, 04 Mar 2025 10:00:00 +0800"),
        message("From now on I will walk.\n\nFrom me.", message_id="<5@b>", in_reply_to="<4@a>"),
        message("Big sale!", message_id="<6@h>", **lily),
        message("Thank you for writing.", in_reply_to="<1@a>", auto_submitted="auto-replied", **lily),
    ]  # fmt: skip


def check_conversation(rows: list[tuple[int, Document | Reject]]) -> None:
    documents = {item.id: item for _, item in rows if isinstance(item, Document)}
    rejects = {row: item.reason for row, item in rows if isinstance(item, Reject)}
    assert list(documents) == ["4@a", "1@a", "5@b"]
    assert (documents["1@a"].reply, documents["1@a"].reply_time) == ("We are sorry.", "2025-03-05T10:00:00+08:00")
    assert documents["4@a"].reply is None
    assert [item.thread for item in documents.values()] == ["1@a", "1@a", "1@a"]
    assert documents["5@b"].text == "From now on I will walk.\n\nFrom me."
    assert rejects == {2: "company_message", 6: "company_message", 7: "auto_reply"}


def test_mbox_threads_and_replies(tmp_path: Path) -> None:
    path = tmp_path / "box.mbox"
    path.write_bytes(mbox(*conversation()))
    rows = read(path, COMPANY)
    check_conversation(rows)
    assert [row for row, _ in rows] == [1, 2, 4, 5, 6, 7]
    assert len(read(path)) == 7  # without domains everybody is a customer
    assert rows == read(path, COMPANY)


def test_mbox_with_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "box.mbox"
    path.write_bytes(mbox(*conversation()).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    assert len(read(path, COMPANY)) == 6


def test_maildir(tmp_path: Path) -> None:
    for name in ("cur", "new", "tmp"):
        (tmp_path / name).mkdir()
    assert is_maildir(tmp_path)
    assert not is_maildir(tmp_path / "cur")
    with pytest.raises(InputError):
        MaildirReader().open(tmp_path, IngestOptions())
    for index, data in enumerate(conversation(), start=1):
        folder = tmp_path / ("new" if index % 2 else "cur")
        (folder / f"170000000{index}.host:2,S").write_bytes(data)
    (tmp_path / "tmp" / "9.half").write_bytes(b"From: x")
    check_conversation(read(tmp_path, COMPANY))


def test_forms_on_the_companys_website_are_customers(eml: Path) -> None:
    data = message(COMPLAINT, from_="Form <form@harbour.example>", reply_to="ann@lee.example")
    assert document(eml, data, COMPANY).customer == "ann@lee.example"


def test_an_mbox_without_messages_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "box.mbox"
    path.write_bytes(b"nothing here\n")
    with pytest.raises(InputError, match="holds no mail"):
        MailReader().open(path, IngestOptions())


def test_circles_of_references_end(tmp_path: Path) -> None:
    path = tmp_path / "box.mbox"
    path.write_bytes(
        mbox(
            message("one", message_id="<a@h>", in_reply_to="<b@h>", from_="x@harbour.example"),
            message("two", message_id="<b@h>", in_reply_to="<a@h>", from_="y@harbour.example"),
            message("three", message_id="<c@x>", in_reply_to="<c@x>"),
        )
    )
    assert [type(item).__name__ for _, item in read(path, COMPANY)] == ["Reject", "Reject", "Document"]


def nested(depth: int) -> bytes:
    parts = [b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (i, i + 1) for i in range(depth)]
    return b"From: a@b.example\nContent-Type: multipart/mixed; boundary=b0\n\n" + b"".join(parts) + b"hello"


HOSTILE = {
    "nested": (nested(10_000), "too_deep"),
    "wrapped": (b"From: a@b.example\n" + b"Content-Type: message/rfc822\n\n" * 10_000 + b"x", "too_deep"),
    "parts": (
        b"From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n"
        + b"--b\nContent-Type: text/plain\n\nhi\n" * 10_000,
        "too_many_parts",
    ),
    "text": (b"From: a@b.example\n\n" + b"word " * 300_000, "too_long"),
    "no mail": (b"\x00\x01\x02" * 1000, "not_a_mail"),
    "letter": (b"Dear sir,\nI complain.\n", "not_a_mail"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_rejected(eml: Path, name: str) -> None:
    data, reason = HOSTILE[name]
    found = one(eml, data)
    assert isinstance(found, Reject)
    assert found.reason == reason


@pytest.mark.parametrize(
    ("raw", "name"), [("图.png".encode(), "图.png"), (b"\x80%e5%9b%be.png", None), (b"\xff", None)]
)
def test_attachments_whose_names_are_not_escaped(eml: Path, raw: bytes, name: str | None) -> None:
    """RFC 2231 wants %e5%9b%be; some programs write the bytes themselves, and others any bytes."""
    found = document(
        eml,
        b"From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nhi there\n"
        b"--b\nContent-Type: image/png\nContent-Disposition: attachment; filename*=utf-8''" + raw + b"\n\nx\n--b--\n",
    )
    assert found.text == "hi there"
    assert name in (None, found.metadata["attachments"])


def test_large_and_broken_attachments_do_no_harm(eml: Path) -> None:
    head = (
        b"From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nhi there\n"
        b"--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=x.pdf\n"
        b"Content-Transfer-Encoding: base64\n\n"
    )
    for body in (b"QUJD" * 19 + b"\n", b"Q!?D=" * 19 + b"\n"):
        found = document(eml, head + body * 150_000 + b"--b--\n")
        assert (found.text, found.metadata["attachments"]) == ("hi there", "x.pdf")
    broken = document(eml, b"From: a@b.example\nContent-Transfer-Encoding: base64\n\n!!!!QUJ\n=")
    assert isinstance(broken.text, str)


def test_headers_that_break_parsers(eml: Path) -> None:
    headers = (
        b"From: " + b"(" * 5000,
        b"To: " + b'"' * 5001,
        b"Date: " + b"9" * 5000,
        b"Date: Tue, 99 Foo 2025 99:99",
        b"Subject: =?utf-8?b?####?=",
        b"Message-ID: <" + b"x" * 5000,
        b"Content-Type: text/plain; charset=\x00\xff",
    )
    for header in headers:
        assert document(eml, b"X-A: b\nFrom: a@b.example\n" + header + b"\n\nhello").text == "hello"


def test_msg(tmp_path: Path) -> None:
    path = tmp_path / "mail.msg"
    body = f"{COMPLAINT}\r\n\r\n谢谢\r\n王小明\r\n"
    found = document(path, msg_file(subject="渡輪", body=body, sender_name="Ann Lee", sender="ann@lee.example"))
    assert (found.text, found.customer, found.metadata["subject"]) == (COMPLAINT, "ann@lee.example", "渡輪")
    headers = "From: Bob <bob@x.example>\r\nMessage-ID: <m@x>\r\nDate: Tue, 04 Mar 2025 10:15:00 +0800\r\n"
    found = document(path, msg_file(subject="s", body="hello", headers=headers))
    assert (found.id, found.customer, found.time) == ("m@x", "bob@x.example", "2025-03-04T10:15:00+08:00")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=600), st.sampled_from(["x.eml", "x.mbox", "x.msg", "x.mbx"]), st.booleans())
def test_arbitrary_bytes(tmp_path: Path, data: bytes, name: str, headed: bool) -> None:
    path = tmp_path / name
    path.write_bytes(b"From a\nFrom: a@b.example\n" + data if headed else data)
    try:
        rows = read(path, COMPANY)
    except VocError:
        return
    assert all(isinstance(item, Document | Reject) for _, item in rows)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_messages(tmp_path: Path, data: st.DataObject) -> None:
    whole = data.draw(
        st.sampled_from(
            [mbox(*conversation()), message("x", html="<p>y</p>", subject="渡輪"), msg_file(subject="s", body="b")]
        )
    )
    at = data.draw(st.integers(0, len(whole)))
    length = data.draw(st.integers(0, 60))
    path = tmp_path / ("x.msg" if whole.startswith(b"\xd0") else "x.eml")
    path.write_bytes(whole[:at] + data.draw(st.binary(max_size=40)) + whole[at + length :])
    try:
        rows = read(path, COMPANY)
    except VocError:
        return
    assert all(isinstance(item, Document | Reject) for _, item in rows)


WORDS = st.text(st.sampled_from("abc 你好客服退款櫃檯態度ß.,!?"), min_size=1, max_size=60).map(
    lambda text: " ".join(text.split())
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WORDS.filter(bool), WORDS, st.sampled_from(["utf-8", "gb18030"]))
def test_round_trip(tmp_path: Path, text: str, subject: str, charset: str) -> None:
    found = document(tmp_path / "x.eml", message(f"start {text}", charset=charset, subject=f"s {subject}".strip()))
    assert " ".join(found.text.split()) == f"start {text}"
    assert found.metadata["subject"] == f"s {subject}".strip()


def folder_of(tmp_path: Path, **messages: bytes) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    for name, data in messages.items():
        (folder / f"{name}.eml").write_bytes(data)
    return folder


def items_of(folder: Path, options: IngestOptions) -> dict[str, list[Document | Reject]]:
    return {source.name: [*source] for source in open_sources(str(folder), options)}


def test_loose_messages_of_a_folder_are_threaded(tmp_path: Path) -> None:
    # The answer comes first in the order of names, and the second complaint knows only the answer.
    folder = folder_of(
        tmp_path,
        a=message("We are sorry.", from_="h@harbour.example", message_id="<a@h>", in_reply_to="<q@c>"),
        q=message(COMPLAINT, from_="ann@c.example", message_id="<q@c>"),
        z=message("Still nothing.", from_="ann@c.example", message_id="<z@c>", in_reply_to="<a@h>"),
        broken=b"\x00\xff no mail at all",
    )
    found = items_of(folder, COMPANY)
    assert list(found) == ["a.eml", "broken.eml", "q.eml", "z.eml"]
    assert found["a.eml"] == []
    (question,), (again,), (broken,) = found["q.eml"], found["z.eml"], found["broken.eml"]
    assert isinstance(question, Document)
    assert isinstance(again, Document)
    assert isinstance(broken, Reject)
    assert (question.text, question.reply, question.source) == (COMPLAINT, "We are sorry.", "q.eml")
    assert again.thread == question.thread == "q@c"


def test_loose_messages_are_read_alike_alone_and_twice(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path, one=message(COMPLAINT, message_id="<1@c>"), two=message("Late again.", message_id="<2@c>")
    )
    sources = [*open_sources(str(folder))]
    first, second = ([[*source] for source in sources] for _ in range(2))
    assert first == second
    assert first == [[*open_source(str(folder / name))] for name in ("one.eml", "two.eml")]


def test_an_answer_that_was_deleted_leaves_the_question(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path,
        a=message("We are sorry.", from_="h@harbour.example", message_id="<a@h>", in_reply_to="<q@c>"),
        q=message(COMPLAINT, from_="ann@c.example", message_id="<q@c>"),
    )
    sources = {source.name: source for source in open_sources(str(folder), COMPANY)}
    assert [*sources["a.eml"]] == []
    (folder / "a.eml").unlink()
    (question,) = [*sources["q.eml"]]
    assert isinstance(question, Document)
    assert (question.text, question.reply) == (COMPLAINT, None)
