"""Mail, transcripts and conversations of any form, damaged at random: documents, rejects or an error of voc.

Tables are damaged in tests/unit/test_ingest_any_bytes.py. What comes out is also segmented and written to a store's
form (JSON), as a run would.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voc.documents import Document, Reject
from voc.errors import VocError
from voc.exports import to_json
from voc.ingest import open_sources
from voc.ingest.mail_body import newest_text
from voc.ingest.mail_html import html_to_text
from voc.ingest.mail_mime import MailError, read_mail
from voc.text import segment

MAIL = (
    "From: =?utf-8?q?Ann_Lee?= <ann@lee.example>\nTo: help@company.example\nSubject: Re: late\nMessage-ID: <1@x>\n"
    "In-Reply-To: <0@x>\nDate: Tue, 3 Nov 2026 10:00:00 +0000\nMIME-Version: 1.0\n"
    'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n'
    "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n"
    "\n5rKh5Lq65Zue5aSNCk5vYm9keSBjYW1lLg==\n"
    "--c\nContent-Type: text/html\n\n<p>Nobody <b>came</b>.<blockquote>On Monday, Bo wrote: hello</blockquote>\n"
    "--c--\n--b\n"
    "Content-Type: image/png; name=\"a.png\"\nContent-Disposition: attachment; filename*=utf-8''%e5%9b%be.png\n"
    "\nx\n--b--\n"
)
GOOD = {
    ".eml": MAIL,
    ".mbox": f"From ann@lee.example Tue Nov  3 10:00:00 2026\n{MAIL}\nFrom bo@x Tue Nov  3 11:00:00 2026\n{MAIL}",
    ".vtt": "WEBVTT - x\n\nNOTE a\n\n1\n00:01.000 --> 00:04.000 align:left\n<v Ann>Nobody <i>came</i> &amp; we left\n\n"
    "00:03.500 --> 01:02:03.000\n<v Bo>I am sorry\n",
    ".srt": "1\n00:00:01,000 --> 00:00:04,000\n- Nobody came\n- I am sorry\n\n"
    "2\n00:00:05,000 --> 00:00:06,500\n{\\an8}we left\n",
    ".txt": "Call ID: 17\nDate: 2026-11-03\n\n[00:01] Agent: how can I help?\n"
    "[00:03] Customer: nobody came\nand we left\n",
    ".json": json.dumps(
        {
            "jobName": "a",
            "results": {
                "items": [
                    {
                        "start_time": "1.0",
                        "end_time": "1.5",
                        "speaker_label": "spk_0",
                        "alternatives": [{"content": "late"}],
                    },
                    {"alternatives": [{"content": "."}]},
                ],
                "speaker_labels": {"segments": []},
            },
        }
    ),
    ".jsonl": json.dumps(
        {"turns": [{"role": "agent", "text": "hello", "start": 1}, {"role": "customer", "text": "late"}]}
    ),
}
PIECES = st.one_of(
    st.binary(max_size=12),
    st.sampled_from(
        [
            b"\0",
            b"\xff\xfe",
            b"\n\n",
            b"--b\n",
            b"-->",
            b"<v ",
            b"Content-Type: multipart/mixed; boundary=b\n",
            b"=?utf-8?b?",
            b"From ",
            b"9" * 40,
            b"[" * 300,
            b'"\\ud800"',
            b"\xed\xa0\x80",
            b"null",
            b"-1e999",
            b"{",
            b"}",
            b"\r",
            b"\xe2\x80\xae",
            b"References: ",
            b"charset=utf-7",
            b"charset=\x00",
            b"Content-Transfer-Encoding: uuencode\n",
            b"<blockquote>",
        ]
    ),
)


def _damaged(data: st.DataObject, whole: bytes) -> bytes:
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(content)))
        content[at : at + data.draw(st.integers(0, 20))] = data.draw(PIECES)
    return bytes(content)


def _read(path: Path) -> int:
    count = 0
    try:
        for source in open_sources(str(path)):
            for _, item in source.rows():
                assert isinstance(item, Document | Reject)
                to_json(
                    [item.detail, item.value]
                    if isinstance(item, Reject)
                    else [item.text, dict(item.metadata), item.customer]
                )
                if isinstance(item, Document):
                    assert all(0 <= s.start < s.end <= len(item.text) for s in segment(item.text, item.turns))
                count += 1
            assert all(isinstance(line, str) for line in source.warnings())
    except VocError as error:
        assert error.message
        return 1
    return count


@pytest.mark.parametrize("suffix", GOOD)
def test_the_good_ones_are_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_text(GOOD[suffix], "utf-8")
    found = [item for source in open_sources(str(path)) for item in source]
    assert found
    assert all(isinstance(item, Document) for item in found)


def _fuzz(tmp_path: Path, suffix: str, data: st.DataObject) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(_damaged(data, GOOD[suffix].encode()))
    assert _read(path) >= (suffix not in (".mbox", ".jsonl")), "nothing came of it"


@pytest.mark.parametrize("suffix", GOOD)
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged(tmp_path: Path, suffix: str, data: st.DataObject) -> None:
    _fuzz(tmp_path, suffix, data)


@pytest.mark.long
@pytest.mark.parametrize("suffix", GOOD)
@given(data=st.data())
@settings(max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_for_long(tmp_path: Path, suffix: str, data: st.DataObject) -> None:
    _fuzz(tmp_path, suffix, data)


@given(
    st.lists(st.sampled_from(MAIL.splitlines()) | st.text(max_size=20), max_size=12),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
@settings(max_examples=150, deadline=None)
def test_any_lines_are_a_mail_or_none(lines: list[str], end: str) -> None:
    try:
        mail = read_mail(end.join(lines).encode("utf-8", "surrogatepass"))
    except MailError as error:
        assert error.reason
        assert error.detail
        return
    newest_text(mail.body, mail.sender)


@given(
    st.lists(
        st.sampled_from(
            ["<div>", "</p>", "<blockquote>", "<!--", "-->", "<pre>", "&#x110000;", "<td", ">", "<svg><style>"]
        )
        | st.text(max_size=5)
    )
)
@settings(max_examples=150, deadline=None)
def test_any_markup_is_text(parts: list[str]) -> None:
    assert isinstance(html_to_text("".join(parts)), str)
