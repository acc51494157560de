"""Shortcuts of the readers for speed: each has to give what the long way gives."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32

import ftfy
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.mail_fakes import message
from voc.ingest import mail, mail_headers, mail_signature, mail_words
from voc.ingest.mail_mime import MailError, read_mail
from voc.ingest.mail_parts import Part, parse
from voc.text import language
from voc.text.repair import _LINE, _config, _decoded

EVERY = [chr(code) for code in range(0x110000)]
LATIN = re.compile(f"[{language._LATIN}]")
MOBILE = re.compile(mail_words.MOBILE.pattern.replace(r"(?!my (?:desk|house|home|heart|seat)\b)", ""), re.IGNORECASE)


def test_no_character_of_another_script_is_overlooked() -> None:
    patterns = [language._HAN, language._KANA, language._HANGUL, *(one for one, _ in language._SCRIPTS)]
    found = {char for one in patterns for char in one.findall("".join(EVERY))}
    assert found == {char for char in found if language._ANY_SCRIPT.match(char)}


def test_letters_whose_lower_case_is_of_another_kind_are_known() -> None:
    unlike = [c for c in EVERY if len(c.lower()) != 1 or bool(LATIN.match(c)) != bool(LATIN.match(c.lower()))]
    assert unlike
    assert [char for char in unlike if not language._UNLIKE_LOWER.match(char)] == []


# Western and Chinese characters whose bytes were decoded in another encoding, and what is no damage but looks like it.
DAMAGED = [*("Ã©", "â€™", "â€œ", "â€", "Â£", "Â ", "à²", "Ã ", "ä¸\xad", "\x91", "\x80", "ГўВЂВ.", "вЂ™", "‚Äô", "√©")]
WHOLE = [*("’", "“", "”", "£", "œ", "é", "à", "…", " ", "a", "the café ", "x" * 40, "\n", " quele s ", "\x1a")]


@settings(max_examples=300)
@given(st.lists(st.sampled_from(DAMAGED + WHOLE), max_size=30))
@example(["x" * 40, "œ", "\n"])
def test_a_line_is_decoded_as_ftfy_decodes_it_whole(parts: list[str]) -> None:
    text = "".join(parts)
    lines = _LINE.findall(text)
    assert "".join(lines) == text
    assert [_decoded(line) for line in lines] == [ftfy.fix_text(line, _config()) for line in lines]


@settings(max_examples=300)
@given(st.from_regex(MOBILE, fullmatch=True))
def test_every_line_that_a_phone_adds_begins_as_listed(line: str) -> None:
    assert mail_signature._is_mobile(line) == (mail_words.MOBILE.fullmatch(line[:300]) is not None)


def headers_of(found: Iterable[tuple[str, object]]) -> dict[str, str]:
    """First values, line breaks alike; without the transfer encoding, which is undone."""
    first: dict[str, str] = {}
    for name, value in found:
        first.setdefault(name.lower(), str(value).replace("\r\n", "\n").replace("\r", "\n").lstrip())
    first.pop("content-transfer-encoding", None)
    return first


def tree(message: Message) -> object:
    """What the library makes of a message: its headers, and its decoded content or its parts."""
    first, is_message = headers_of(message.raw_items()), message.get_content_maintype() == "message"
    if message.get_default_type() != "text/plain":
        first.setdefault("content-type", message.get_default_type())
    payload = message.get_payload()
    if isinstance(payload, list) and not is_message:
        return first, message.get_content_type(), [tree(part) for part in payload if isinstance(part, Message)]
    return first, message.get_content_type(), b"" if is_message else message.get_payload(decode=True)


def tree_of(part: Part) -> object:
    first = headers_of(part.headers.items())
    if part.parts is not None:
        return first, part.type, [tree_of(one) for one in part.parts]
    return first, part.type, b"" if part.type.startswith("message/") else part.decoded()


def check_tree(data: bytes) -> None:
    assert tree_of(parse(data)) == tree(BytesParser(policy=compat32).parsebytes(data))


NESTED = (
    b'From: a@b.example\nContent-Type: multipart/mixed;\n boundary="a b"\n\npreamble\n--a b\n'
    b"Content-Type: multipart/alternative; charset=x; boundary==_c\n\n--=_c\n\nplain\n\n--=_c  \n"
    b"Content-Transfer-Encoding: base64\n\n5rKh5pyJ5Lq6\n--=_c--\nepilogue\n--a b\n--a b\nX: y\n--a b--\nend\n"
)


@pytest.mark.parametrize(
    "data",
    [
        message("Nobody answers. 没有人理我。"),
        message("One", charset="iso-8859-1", x_long="a " * 200),
        message("One").replace(b"\n", b"\r\n"),
        message("One").replace(b"\n", b"\r"),
        message("Two 没有", html="<p>Two 没有</p>"),
        message("Two 没有", html="<p>Two 没有</p>").replace(b"\n", b"\r\n"),
        NESTED,
        NESTED.replace(b"\n", b"\r\n"),
        NESTED.replace(b"--=_c--\n", b""),
        NESTED.replace(b"--a b--", b"--a b"),
        NESTED.replace(b'"a b"', b"<a b>"),
        b"From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n--y\n\nno boundary\n",
        b"From: a@b.example\nContent-Type: multipart/mixed\n\n--y\n\nno boundary\n",
        b"From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\nno header\n\ntext\n--x--",
        b"From: a@b.example\nContent-Type: multipart/digest; boundary=x\n\n--x\n\nFrom: b\n\ntext\n--x--",
        b"From: a@b.example\nContent-Type: message/rfc822\n\nFrom: b\n\ntext\n",
        b"From: a@b.example\nno header\nSubject: x\n\ntext\n",
        b"From: a@b.example\n: empty\nSubject: x\n\n\ntext",
        b" folded first\nFrom: a@b.example\n\ntext",
        b"From x Mon\nFrom: a@b.example\n\ntext",
        b"\nFrom: a@b.example\n\ntext",
        b"From: a@b.example\nSubject: no body",
        b"From: a@b.example\nSubject:\xff\xfe\n\n\xe6\xb2\xa1\r\rtext",
    ],
)
def test_a_message_is_parsed_as_the_library_parses_it(data: bytes) -> None:
    check_tree(data)


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from([b"From: a@b", b"\n", b"\r\n", b"\r", b"X: y", b" z", b":", b"no", b"\xff"]), max_size=14)
)
def test_any_headers_are_parsed_as_the_library_parses_them(parts: list[bytes]) -> None:
    check_tree(b"".join(parts))


LINES = [
    b"--x",
    b"--x--",
    b"--y",
    b"--y--",
    b"",
    b"text",
    b"A: b",
    b"Content-Type: multipart/mixed; boundary=y",
    b"--xy",
]


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from([b"\n", b"\n", b"\r\n", b" \n", b"\r"])), max_size=20)
)
def test_any_parts_are_parsed_as_the_library_parses_them(lines: list[tuple[bytes, bytes]]) -> None:
    check_tree(b"Content-Type: multipart/mixed; boundary=x\n\n" + b"".join(line + end for line, end in lines))


def messages_by_lines(data: bytes) -> list[bytes]:
    """The messages of an mbox, told line by line."""
    lines = io.BytesIO(data).readlines()
    at, found = 0, list[bytes]()
    while at < len(lines) and not lines[at].strip():
        at += 1
    while at < len(lines):
        at += lines[at].startswith(b"From ")
        kept, blank = list[bytes](), False
        while at < len(lines):
            line, below = lines[at], lines[at + 1] if at + 1 < len(lines) else b""
            apart = blank or mail._FROM_LINE.match(line)
            if line.startswith(b"From ") and apart and mail._HEADER_LINE.match(below):
                break
            blank = not line.strip(b"\r\n")
            kept.append(line[1:] if re.match(rb">+From ", line) else line)
            at += 1
        found.append(b"".join(kept))
    return found


MBOX_LINES = [*b"From a|From b Tue 10:15|A: b||text|>From x|>>From y|From | |\r".split(b"|"), b""]


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.sampled_from(MBOX_LINES), st.sampled_from([b"\n", b"\n", b"\r\n"])), max_size=16),
    st.sampled_from([b"", b"x", b"From a"]),
    st.sampled_from([1, 3, 8, 1 << 20]),
)
def test_a_mailbox_is_cut_as_it_is_line_by_line(lines: list[tuple[bytes, bytes]], rest: bytes, block: int) -> None:
    data = b"".join(line + end for line, end in lines) + rest
    found = [(place, b"".join(blocks)) for place, blocks in mail._Splitter(io.BytesIO(data), block).messages()]
    assert [one for _, one in found] == messages_by_lines(data)
    for place, one in found:
        file = io.BytesIO(data)
        file.seek(place)
        assert b"".join(mail._Splitter(file, block).rest()) == one


ADDRESS_PARTS = [*'" ,.(<>@\\;-a', "Ann", "Lee", "=?utf-8?q?Zo=C3=AB?=", "O'Neil", "陈"]


@settings(max_examples=200)
@given(st.lists(st.sampled_from(ADDRESS_PARTS), max_size=8))
@example(['"', "Lee", ",", " ", "Ann", '"', " "])
def test_any_name_is_read_as_the_library_reads_it(parts: list[str]) -> None:
    value = f"{''.join(parts)}<Ann@Lee.example>"
    found = mail_headers.addresses(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mail_headers, "_PLAIN_ADDRESS", re.compile("(?!)"))
        assert found == mail_headers.addresses(value)


@settings(max_examples=200)
@given(
    st.sampled_from(["Tue, ", "", "Tue "]), st.integers(0, 40), st.sampled_from(["Jan", "Dec", "Foo"]),
    st.sampled_from(["1970", "2025", "25", "0000"]), st.integers(0, 70), st.sampled_from("+-"),
    st.sampled_from(["0000", "0830", "1400", "2500", "0199", "00"]), st.sampled_from(["", " (UTC)", " UTC"]),
)  # fmt: skip
def test_a_plain_date_is_read_as_the_library_reads_it(
    weekday: str, day: int, month: str, year: str, second: int, sign: str, zone: str, comment: str
) -> None:
    value = f"{weekday}{day} {month} {year} 10:15:{second:02} {sign}{zone}{comment}"
    found = mail_headers.iso_date(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mail_headers, "_PLAIN_DATE", re.compile("(?!)"))
        assert found == mail_headers.iso_date(value)


@settings(max_examples=200)
@given(st.from_regex(mail_words.DISCLAIMER, fullmatch=True))
def test_every_disclaimer_begins_as_listed(line: str) -> None:
    first = re.split(r"[\r\n]", line, maxsplit=1)[0]
    assert not mail_words.DISCLAIMER.match(first) or mail_words.DISCLAIMER_STARTS.match(first)


@pytest.mark.parametrize("name", ["Ann Lee", "ann", "Ann 3 Lee", ""])
def test_a_plain_address_is_read_as_the_library_reads_it(name: str) -> None:
    plain = read_mail(f"From: {name} <Ann.Lee+x@Lee.example>\n\nx".encode())
    assert (plain.name, plain.address) == (name, "ann.lee+x@lee.example")


@pytest.mark.parametrize(
    ("line", "sender", "found"),
    [
        ("ANN LEE", "Ann Lee <a@b.example>", True),
        ("Ann M. Lee, Head of Boats", "Ann Lee <a@b.example>", True),
        ("Ann Leeds", "Ann Lee <a@b.example>", False),
        ("Ann.", "Ann Lee <a@b.example>", True),
        ("Anna", "Ann Lee <a@b.example>", False),
        ("Zoë Müller", "Zoë Müller <a@b.example>", True),
        ("Zoe Müller", "Zoë Müller <a@b.example>", False),
        ("王小明 敬上", "王小明 <a@b.example>", True),
        ("很生气", "Ann Lee <a@b.example>", False),
    ],
)
def test_the_name_of_the_sender(line: str, sender: str, found: bool) -> None:
    assert mail_signature._is_sender(line, [], sender) is found


def test_no_mail_at_all() -> None:
    with pytest.raises(MailError):
        read_mail(b"")
