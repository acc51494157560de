"""The body of a mail taken apart: what its writer wrote now, their signature, and what was written before.

Libraries were tried first and are not used: mail-parser-reply (MIT) needs the languages named, takes time that grows
with the square of the length, and reads fewer of the forms; talon's own rules know no Chinese form. Their test suites
name the forms that are covered here.
"""

from __future__ import annotations

import itertools
import re
from typing import Final, NamedTuple

from voc.ingest.mail_quotes import history, is_rule, split_shared
from voc.ingest.mail_signature import skip_banner, split_signature

_WIDTH: Final = 80  # columns at which programs wrap a text, at most; the least is the next
_NARROW: Final = 64
_OWN_LINE: Final = re.compile(r"\s|[-*•·>|#]|\d{1,3}[.)、]")
_HAN: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


class MailText(NamedTuple):
    """Three texts, each "" where there is none: ``text`` is the newest message without its signature, ``signature``
    what closes it (disclaimers included), ``quoted`` the history with the lines that introduce it."""

    text: str
    signature: str
    quoted: str


def newest_text(body: str, sender: str = "") -> MailText:
    """Take the decoded ``body`` of a mail apart. ``sender`` is its From header, where known: signatures that are only a
    name are found by it.

    Answers between quoted lines are all kept, in order. Never raises; time grows with the length of the body.
    """
    own, signature, quoted = _taken_apart(body, sender)
    return MailText(_join(own), _join(signature), _join(quoted))


def own_text(body: str, sender: str = "") -> str:
    """The ``text`` of ``newest_text`` alone."""
    return _join(_taken_apart(body, sender)[0])


def _taken_apart(body: str, sender: str) -> tuple[list[str], list[str], list[str]]:
    """Lines of the text, of the signature and of the history."""
    lines = body.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if " On " in body or "-On " in body:
        lines = split_shared(lines)
    marks = history(lines, sender)
    own: list[str] = []
    signature: list[str] = []
    changes = [index for index in range(1, len(marks)) if marks[index] != marks[index - 1]]
    for index, stop in itertools.pairwise((0, *changes, len(lines))):
        if not marks[index]:
            run = lines[index:stop]
            banner = skip_banner(run) if not own else 0
            cut = banner + split_signature(run[banner:], sender, first=not any(own))
            while cut > banner and (not run[cut - 1].strip() or is_rule(run[cut - 1])):
                cut -= 1
            text = _join(run[banner:cut])
            own += [text, ""] if text else []
            signature += run[:banner] + run[cut:]
    return own, signature, [line for line, old in zip(lines, marks, strict=True) if old]


def unwrap(text: str) -> str:
    """``text`` with the line breaks taken out at which a program wrapped it: where the next word would have run over
    the width. Chinese and Japanese are never wrapped so and stay as they are."""
    lines = text.split("\n")
    if len(lines) == 1 or _HAN.search(text) or max(map(len, lines)) > 4 * _WIDTH:
        return text
    joined = [lines[0]]
    last = lines[0]
    for line in lines[1:]:
        word = line.partition(" ")[0]
        full = last.strip() and len(last) <= _WIDTH and len(last.rstrip()) + 1 + len(word) > _NARROW
        if full and line.strip() and not _OWN_LINE.match(line):
            joined[-1] = f"{joined[-1].rstrip()} {line}"
        else:
            joined.append(line)
        last = line
    return "\n".join(joined)


def _join(lines: list[str]) -> str:
    return "\n".join(line.rstrip() for line in lines).strip("\n \t")
