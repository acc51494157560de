"""Shortcuts of the readers for speed: each has to give what the long way gives."""

from __future__ import annotations

import re
from email.parser import BytesParser
from email.policy import compat32

import ftfy
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.mail_fakes import message
from voc.ingest import mail_mime, mail_signature, mail_words
from voc.ingest.mail_mime import MailError, read_mail
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


def tree(data: bytes) -> list[object]:
    parsed = BytesParser(policy=compat32).parsebytes(data)
    return [[*parsed.raw_items()], parsed.get_content_type(), parsed.get_payload(), parsed.get_payload(decode=True)]


@pytest.mark.parametrize(
    "data",
    [
        message("Nobody answers. 没有人理我。"),
        message("One", charset="iso-8859-1", x_long="a " * 200),
        message("One").replace(b"\n", b"\r\n"),
        message("One").replace(b"\n", b"\r"),
        b"From: a@b.example\nno header\nSubject: x\n\ntext\n",
        b"From: a@b.example\n: empty\nSubject: x\n\n\ntext",
        b" folded first\nFrom: a@b.example\n\ntext",
        b"From x Mon\nFrom: a@b.example\n\ntext",
        b"\nFrom: a@b.example\n\ntext",
        b"From: a@b.example\nSubject: no body",
        b"From: a@b.example\nSubject:\xff\xfe\n\n\xe6\xb2\xa1\r\rtext",
    ],
)
def test_a_plain_message_is_parsed_as_the_library_parses_it(data: bytes) -> None:
    found = mail_mime._parsed(data, body=True)
    assert [[*found.raw_items()], found.get_content_type(), found.get_payload(), found.get_payload(decode=True)] == (
        tree(data)
    )


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from([b"From: a@b", b"\n", b"\r\n", b"\r", b"X: y", b" z", b":", b"no", b"\xff"]), max_size=14)
)
def test_any_headers_are_parsed_as_the_library_parses_them(parts: list[bytes]) -> None:
    data = b"".join(parts)
    found = mail_mime._parsed(data, body=True)
    assert [[*found.raw_items()], found.get_payload()] == [tree(data)[0], tree(data)[2]]


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
