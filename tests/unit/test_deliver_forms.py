"""The forms of a letter: what customers and settings say stays words in each of them, within the size of each."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from importlib import resources
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.delivery import report
from voc.channels import KINDS, SmtpChannel, WebhookChannel
from voc.deliver import Attachment, Change, Letter, Row, Saying, pack, readable, words
from voc.deliver.chat import slack_text, twin
from voc.deliver.letter import smaller
from voc.deliver.mail import html_text, plain_text
from voc.pipeline.letters import alert_letter, report_letter
from voc.report.messages import LANGUAGES

BOARD = SmtpChannel("board", "smtp.example.com", "Voice 客户 <voc@example.com>", ("board@example.com",))
CHATS = [kind for kind in KINDS if kind != "smtp"]
HOSTILE = (
    '<!channel> <@U123> @all @everyone <at user_id="all"></at> [pay](https://evil.example/x) *b* _i_ ~s~ `c` # h '
    "&lt;script&gt; <img src=x onerror=alert(1)> https://evil.example www.evil.example :smile: | \\ {{7*7}} ${x}"
)


def hostile_letter(text: str = HOSTILE, times: int = 1) -> Letter:
    quote = Saying(text, text, text, "en")
    row = Row("neglect.complaint", text, "1%", "0–2%", "+1", "1 of 2", "up", dict.fromkeys(("share", "k"), 0.5))
    change = Change("neglect.complaint", text, "up", (text,) * times, (quote,) * times)
    return Letter(
        week="2026-W46", revision=2, language="en", subject=text, company=text, title=text, days=text, kind="moved",
        verdict=text, details=(text,) * times, revised=(text,) * times, headings=(text, text, text), head=("a",) * 5,
        rows=(row,) * 5, changes=(change,) * 3, quotes=(quote,), notes=(text, text), cut="cut",
    )  # fmt: skip


def message(kind: str, letter: Letter) -> Any:
    return json.loads(pack(WebhookChannel("c", kind, "U"), letter).data)


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in strings(one)]


@pytest.mark.parametrize("kind", [k for k in CHATS if k != "webhook"])
def test_no_markup_link_or_mention_of_a_customer_reaches_a_chat(kind: str) -> None:
    found = strings(message(kind, hostile_letter()))
    said = [s for s in found if "evil" in s]
    assert said
    for text in said:
        for bad in ("<!", "<@", "<at", "<img", "@all", "@everyone", "](", "https://", "www.evil", "evil.example", "`"):
            assert bad not in text, (bad, text)
        assert ":smile:" not in text
    if kind == "slack":
        assert any("&lt;!channel&gt;" in text for text in said) and not any("&lt;script" in t for t in said)
    else:
        assert any("＜" in text for text in said) and not any("&" in text for text in said)


def test_slack_sections_are_not_parsed_for_links_and_mentions() -> None:
    blocks = message("slack", hostile_letter())["blocks"]
    assert all(block["text"]["verbatim"] for block in blocks if block["type"] == "section")
    assert slack_text("a & <b>") == "a &amp; &lt;b&gt;"
    assert slack_text("&lt;") == "&amp;lt;"


def test_words_without_markup_stay_as_they_are() -> None:
    plain = "退款 3:30 拖了 2.5 天！“Nobody came” – 8.1% (+3.2 pp), e.g. no reply; it's 50/50 (really)?"
    assert twin(plain).replace("\u2060", "") == plain
    assert twin("8.1% v. 3.2%") == "8.1% v. 3.2%"


@given(st.text(max_size=300))
def test_any_text_is_within_bounds_and_without_markup(text: str) -> None:
    made = twin(text)
    assert not set(made) & set("\\`*_~[]<>&@#|")
    assert len(made.replace("\u2060", "")) == len(text.replace("\u2060", ""))


@pytest.mark.parametrize("kind", CHATS)
@pytest.mark.parametrize(
    ("text", "times"), [("客" * 900, 8), (HOSTILE, 1), ("a.b:c" * 100, 30), ("\U0001f600" * 300, 60), ("&<>" * 300, 2)]
)
def test_every_message_is_within_the_size_of_its_service(kind: str, text: str, times: int) -> None:
    made = message(kind, hostile_letter(text, times))
    size = len(json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode("utf-8"))
    assert size < {"teams": 28_000, "feishu": 20_000, "dingtalk": 20_000, "webhook": 300_000}.get(kind, 60_000)
    if kind == "wecom":
        assert len(made["markdown"]["content"].encode("utf-8")) <= 4096
    if kind == "slack":
        texts = [b["text"]["text"] if "text" in b else b["elements"][0]["text"] for b in made["blocks"]]
        assert len(texts) <= 50 and max(map(len, texts)) <= 3000 and len(texts[0]) <= 150
        assert sum(map(len, texts)) < 13_000


def test_a_letter_gets_smaller_but_keeps_its_verdict() -> None:
    letters = list(smaller(report_letter(report(), "en")))
    sizes = [len(plain_text(one)) for one in letters]
    assert sizes == sorted(sizes, reverse=True) or sizes[0] > sizes[-1]
    assert all(one.verdict[:100] == letters[0].verdict[:100] for one in letters)
    assert not letters[0].is_cut and all(one.is_cut for one in letters[1:])
    assert letters[0].cut not in plain_text(letters[0]) and letters[1].cut in plain_text(letters[1])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_letter_says_what_the_report_says(language: str) -> None:
    letter = report_letter(report(), language)
    assert len(letter.rows) == 5 and letter.changes and letter.changes[0].quotes
    text = plain_text(letter)
    assert (letter.verdict in text and "8.5%" in text) or letter.rows[3].share in text
    assert letter.headings[1] in text
    if language == "en":
        assert "neglect" in letter.verdict
    else:
        assert re.search(r"[\u4e00-\u9fff]", letter.verdict)
    assert len({tuple(words(one)) for one in LANGUAGES}) == 1


def test_json_of_a_generic_webhook_keeps_its_schema() -> None:
    schema = json.loads(resources.files("voc.deliver").joinpath("webhook.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for letter in (report_letter(report(), "zh-Hant", "late calls"), alert_letter("a feed stopped", "Harbour", "en")):
        made = message("webhook", letter)
        jsonschema.validate(made, schema)
        assert made["verdict"]["text"] == letter.verdict
    neglect = message("webhook", report_letter(report(), "en"))["drivers"][3]
    assert (neglect["label"], neglect["k"], neglect["n"]) == ("neglect.complaint", 35, 412)
    bad = message("webhook", report_letter(report(), "en")) | {"week": 46}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(bad, schema)


def mail(letter: Letter, channel: SmtpChannel = BOARD, *attachments: Attachment) -> EmailMessage:
    parsed = message_from_bytes(pack(channel, letter, attachments).data, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


@given(st.text(max_size=400))
def test_no_text_adds_a_header_or_a_recipient(text: str) -> None:
    letter = alert_letter("x", f"Harbour{text}\r\nBcc: evil@example.com\u202e\r\n\r\n<b>", "en")
    found = mail(letter)
    assert found.keys().count("Subject") == 1 and "Bcc" not in found
    assert set(found.keys()) == {
        "From", "To", "Subject", "Message-ID", "Content-Language", "Auto-Submitted", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert not re.search("[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", found["Subject"])
    assert len(found["Subject"]) <= 200
    assert found["To"] == "board@example.com"


def test_the_mail_has_text_html_and_files() -> None:
    files = (
        Attachment("html", "report-2026-W46.html", b"<p>x</p>"),
        Attachment("xlsx", "report-2026-W46.xlsx", b"PK"),
        Attachment("pdf", "report-2026-W46.pdf", b"%PDF"),
    )
    found = mail(report_letter(report(), "zh-Hant"), BOARD, *files)
    assert found.get_content_type() == "multipart/mixed"
    assert found["From"].addresses[0].display_name == "Voice 客户"
    assert "Harbour Line" in found["Subject"] and "46" in found["Subject"]
    plain, html = found.get_body(("plain",)), found.get_body(("html",))
    assert plain is not None and html is not None
    assert plain.get_content().replace("\r\n", "\n") == plain_text(report_letter(report(), "zh-Hant"))
    assert 'lang="zh-Hant"' in html.get_content()
    attached = {part.get_filename(): part for part in found.iter_attachments()}
    assert list(attached) == [file.name for file in files]
    assert attached["report-2026-W46.pdf"].get_content() == b"%PDF"
    assert attached["report-2026-W46.html"].get_content_disposition() == "attachment"
    only = replace(BOARD, attach=("xlsx",))
    assert [p.get_filename() for p in mail(report_letter(report(), "en"), only, *files).iter_attachments()] == [
        "report-2026-W46.xlsx"
    ]


def test_the_mail_is_the_same_bytes_each_time_and_another_when_sent_again() -> None:
    letter = report_letter(report(), "en")
    assert pack(BOARD, letter).data == pack(BOARD, letter).data
    first, second = mail(letter), message_from_bytes(pack(BOARD, letter, (), 1).data, policy=policy.default)
    assert first["Message-ID"] != second["Message-ID"]
    assert first["Message-ID"].endswith("@example.com>")


def test_the_html_loads_nothing_and_shows_markup_as_words() -> None:
    html = html_text(hostile_letter())
    assert "<img" not in html and "&lt;img" in html and "<script" not in html
    assert not re.search(r"<[^>]*(?:\b(?:src|href|background)=|url\(|@import)", html)
    tags = set(re.findall(r"<([a-z0-9]+)", html))
    assert tags <= {
        "html", "head", "meta", "title", "body", "table", "tr", "td", "th", "p", "span", "h1", "h2", "h3", "br",
    }  # fmt: skip
    assert "&lt;!channel&gt;" in html


def test_quotes_can_be_left_out() -> None:
    letter = report_letter(report(), "en")
    words_of = letter.changes[0].quotes[0].text
    assert words_of in readable(pack(BOARD, letter))
    for kind in CHATS:
        parcel = pack(WebhookChannel("c", kind, "U", quotes=False), letter)
        assert words_of[:30] not in readable(parcel)


def test_words_are_redacted_once_more_and_read_in_one_direction() -> None:
    company = "Harbour \u202eenil\n+44 20 7946 0958 a@example.com"
    letter = report_letter(report(company=company), "en")
    assert "[phone]" in letter.subject and "[email]" in letter.subject and "\u202e" not in letter.subject
