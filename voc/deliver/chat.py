"""The letter as the messages of chat programs, each within the size that its service takes.

Where the sizes come from (looked up in 2026-11):

- Slack: 3,000 characters a section, 150 a header, 50 blocks: its Block Kit reference (docs.slack.dev). About 13,000
  characters in all before it answers msg_blocks_too_long: in no reference, users measured it (slackapi/bolt-js issue
  2509); 12,000 is ours, below that.
- Teams: 28 KB a message, Microsoft's page on webhooks and connectors; 27,000 bytes is ours, below that.
- Feishu: 20 KB a request, its guide to custom bots; 19,500 bytes is ours, below that.
- DingTalk: ours, as for Feishu; no page of the service that states a size was found.
- WeCom: 4,096 bytes of Markdown, its page on group robots (developer.work.weixin.qq.com, path 91770).
- Generic: ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from voc.channels import DINGTALK, FEISHU, SLACK, TEAMS, WEBHOOK, WECOM
from voc.deliver.letter import Change, Letter, Saying, shortened, smaller
from voc.deliver.mail import row_text, saying_text

Payload = dict[str, Any]

_SECTION, _HEADER, _BLOCKS = 3000, 150, 50
_FRAME: Final = 100  # characters of a block beside its text
_TOO_MUCH: Final = 1 << 30
# What some dialect of Markdown, of mentions or of emoji takes for markup, and its full-width twin, which reads the same
# and means nothing: these services agree on no escape.
_TWINS: Final = {ord(char): chr(ord(char) + 0xFEE0) for char in "\\`*_~[]<>&@#|"}
_ENTITIES: Final = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}
_JOINER: Final = "\u2060"  # is not seen; a URL or a domain with it in the middle is no link
_LINKS: Final = re.compile(r":(?=\S)|(?<=[^\W_])\.(?=[^\W\d])")


def twin(text: str) -> str:
    """``text`` (one line) as words only: no markup, link, mention or entity can arise from it. It must not stand at the
    start of a line."""
    return _unlinked(text).translate(_TWINS)


def slack_text(text: str) -> str:
    """As ``twin``, with &, < and > as Slack wants them."""
    return _unlinked(text).translate({**_TWINS, **_ENTITIES})


def _unlinked(text: str) -> str:
    return _LINKS.sub(f"\\g<0>{_JOINER}", text)


def payload(kind: str, letter: Letter) -> Payload:
    """The message for a service, the largest form of the letter that it takes."""
    make, most, measure = _FORMS[kind]
    made: Payload = {}
    for form in smaller(letter):
        made = make(form)
        if measure(made) <= most:
            return made
    return made


def encoded(made: Mapping[str, Any]) -> bytes:
    """JSON bytes; the same for the same message."""
    return json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _size(made: Payload) -> int:
    return len(encoded(made))


def _slack(letter: Letter) -> Payload:
    def section(text: str) -> Payload:
        return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}

    def quoted(quotes: Iterable[Saying]) -> list[Payload]:
        return [section(f">{slack_text(saying_text(quote))}") for quote in quotes]

    title = shortened(twin(letter.subject), _HEADER)
    blocks: list[Payload] = [{"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}}]
    blocks += [section(f"_{slack_text(line)}_") for line in (letter.days, *letter.revised) if line]
    blocks.append(section("\n".join([f"*{slack_text(letter.verdict)}*", *map(slack_text, letter.details)])))
    if letter.rows:
        rows = [f"• {slack_text(row_text(row))}" for row in letter.rows]
        blocks.append(section("\n".join([f"*{slack_text(letter.headings[0])}*", *rows])))
    for change in letter.changes:
        blocks.append(section("\n".join([f"*{slack_text(change.name)}*", *map(slack_text, change.lines)])))
        blocks += quoted(change.quotes)
    blocks += quoted(letter.quotes)
    if letter.closing:
        closing = " · ".join(map(slack_text, letter.closing))
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": closing, "verbatim": True}]})
    return {"text": shortened(slack_text(letter.verdict), _SECTION), "blocks": blocks}


def _slack_size(made: Payload) -> int:
    texts = [block["text"]["text"] if "text" in block else block["elements"][0]["text"] for block in made["blocks"]]
    if len(texts) > _BLOCKS or max(map(len, texts)) > _SECTION:
        return _TOO_MUCH
    return sum(map(len, texts)) + _FRAME * len(texts)


def _teams(letter: Letter) -> Payload:
    def block(text: str, **style: Any) -> Payload:
        return {"type": "TextBlock", "text": twin(text), "wrap": True, **style}

    def quoted(quotes: Iterable[Saying]) -> list[Payload]:
        return [block(saying_text(quote), isSubtle=True) for quote in quotes]

    body = [block(letter.subject, size="Large", weight="Bolder")]
    body += [block(line, isSubtle=True, spacing="None") for line in (letter.days, *letter.revised) if line]
    body += [block(letter.verdict, weight="Bolder"), *(block(line) for line in letter.details)]
    if letter.rows:
        facts = [
            {"title": twin(row.name), "value": twin(row_text(row).removeprefix(f"{row.name}: "))} for row in letter.rows
        ]
        body += [block(letter.headings[0], weight="Bolder", separator=True), {"type": "FactSet", "facts": facts}]
    for change in letter.changes:
        body += [block(change.name, weight="Bolder", separator=True), *(block(line) for line in change.lines)]
        body += quoted(change.quotes)
    body += quoted(letter.quotes)
    body += [block(line, isSubtle=True, size="Small") for line in letter.closing]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
        "lang": letter.language, "body": body, "msteams": {"width": "Full"},
    }  # fmt: skip
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _feishu(letter: Letter) -> Payload:
    def plain(text: str) -> Payload:
        return {"tag": "div", "text": {"tag": "plain_text", "content": twin(text)}}

    def bold(text: str) -> Payload:
        return {"tag": "div", "text": {"tag": "lark_md", "content": f"**{twin(text)}**"}}

    elements = [plain(line) for line in (letter.days, *letter.revised) if line]
    elements += [bold(letter.verdict), *map(plain, letter.details)]
    if letter.rows:
        elements += [{"tag": "hr"}, bold(letter.headings[0]), *(plain(f"• {row_text(row)}") for row in letter.rows)]
    for change in letter.changes:
        elements += [{"tag": "hr"}, bold(change.name), *map(plain, change.lines)]
        elements += [plain(saying_text(quote)) for quote in change.quotes]
    elements += [plain(saying_text(quote)) for quote in letter.quotes]
    if letter.closing:
        note = {"tag": "plain_text", "content": twin(" ".join(letter.closing))}
        elements += [{"tag": "hr"}, {"tag": "note", "elements": [note]}]
    colour = "orange" if letter.changes else "blue"
    title = {"tag": "plain_text", "content": twin(letter.subject)}
    card = {"config": {"wide_screen_mode": True}, "header": {"title": title, "template": colour}, "elements": elements}
    return {"msg_type": "interactive", "card": card}


def _markdown(letter: Letter) -> str:
    """Headings, bold, quotes and plain lines: what DingTalk and WeCom both show. Each line starts with ours."""
    parts = [f"### {twin(letter.subject)}"]
    parts += [f"> {twin(line)}" for line in (letter.days, *letter.revised) if line]
    parts += [f"**{twin(letter.verdict)}**", *(f"· {twin(line)}" for line in letter.details)]
    if letter.rows:
        parts += [f"**{twin(letter.headings[0])}**", *(f"· {twin(row_text(row))}" for row in letter.rows)]
    for change in letter.changes:
        parts += [f"**{twin(change.name)}**", *(f"· {twin(line)}" for line in change.lines)]
        parts += [f"> {twin(saying_text(quote))}" for quote in change.quotes]
    parts += [f"> {twin(saying_text(quote))}" for quote in letter.quotes]
    parts += [f"· {twin(line)}" for line in letter.closing]
    return "\n\n".join(parts)


def _dingtalk(letter: Letter) -> Payload:
    content = {"title": shortened(twin(letter.subject), _HEADER), "text": _markdown(letter)}
    return {"msgtype": "markdown", "markdown": content, "at": {"atMobiles": [], "isAtAll": False}}


def _wecom(letter: Letter) -> Payload:
    return {"msgtype": "markdown", "markdown": {"content": _markdown(letter)}}


def _wecom_size(made: Payload) -> int:
    return len(made["markdown"]["content"].encode("utf-8"))


def _generic(letter: Letter) -> Payload:
    """As `webhook.schema.json` says. The texts are words, not markup: who shows them escapes them."""

    def saying(quote: Saying) -> Payload:
        return {"text": quote.text, "source": quote.source, "id": quote.id, "language": quote.language}

    def change(one: Change) -> Payload:
        quotes = [saying(quote) for quote in one.quotes]
        return {"label": one.label, "name": one.name, "signal": one.signal, "lines": list(one.lines), "quotes": quotes}

    rows = [
        {"label": r.label, "name": r.name, "signal": r.signal, "text": row_text(r), **r.values} for r in letter.rows
    ]
    return {
        "schema": 1,
        "event": "voc.report" if letter.kind != ALERT else "voc.alert",
        "week": letter.week,
        "revision": letter.revision,
        "language": letter.language,
        "company": letter.company,
        "title": letter.subject,
        "days": letter.days,
        "verdict": {"kind": letter.kind, "text": letter.verdict, "details": list(letter.details)},
        "revised": list(letter.revised),
        "drivers": rows,
        "changes": [change(one) for one in letter.changes],
        "quotes": [saying(quote) for quote in letter.quotes],
        "notes": list(letter.closing),
        "cut": letter.is_cut,
    }


ALERT: Final = "alert"
_FORMS: Final[Mapping[str, tuple[Callable[[Letter], Payload], int, Callable[[Payload], int]]]] = {
    SLACK: (_slack, 12_000, _slack_size),
    TEAMS: (_teams, 27_000, _size),
    FEISHU: (_feishu, 19_500, _size),
    DINGTALK: (_dingtalk, 19_500, _size),
    WECOM: (_wecom, 4_096, _wecom_size),
    WEBHOOK: (_generic, 262_144, _size),
}
