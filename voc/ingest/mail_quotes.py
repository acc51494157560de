"""Which lines of a mail are history: marked with ``>``, or below a line or a block that introduces an older message.

Every rule looks at one line or at a few that follow it, so that the time grows with the text and not faster.
"""

from __future__ import annotations

import functools
import re
from typing import Final

from voc.ingest.mail_words import (
    FORWARD,
    FORWARD_LETTERS,
    FORWARD_STARTS,
    FRAME,
    KEY_INSIDE,
    KEY_KINDS,
    KEY_LINE,
    LEADS,
    REPLY_ABOVE,
    WROTE_INSIDE,
    WROTE_LAST,
)

_HEADER_LENGTH: Final = 400  # characters of "On ..., NAME wrote:", wrapped lines joined
_VERB: Final = 200  # characters at the end of such a line in which its verb and what follows it stand
_HEADER_LINES: Final = 5
_BLOCK_LINES: Final = 40
_WRAPPED: Final = 60  # a quoted line of this length was cut by the program that quoted it

_QUOTED: Final = re.compile(r"\s{0,20}(?:[>＞]|&gt;)(?![:;]-?[()\[\]DP])")
# Words without a figure, a colon, a bar, an address or a mark of quotation; and what such a line may not end in.
_PLAIN: Final = re.compile(r"\s*[^\W\d_][^\d:：|@>＞&]*")
_GOES_ON: Final = frozenset("<,，*_-")
_LINK_OPEN: Final = re.compile(r"<(?:https?://|mailto:)[^<>\s]{0,2000}\s*$")
_DRAWN: Final = "-_=*—–─#~"  # what rules and frames begin with
_RULE: Final = re.compile(r"\s*(?:[-_=*—–─]\s?){4,}\s*")
_MONTHS: Final = (
    r"jan|feb|mar|apr|may|mai|maj|jun|jul|aug|sep|sept|oct|okt|nov|dec|dez|des|janv|févr|mars|avr|juin|juil|août|déc|"
    r"ene|abr|ago"
    r"|dic|gen|mag|giu|lug|set|ott|fev|out|sty|lut|kwi|cze|lip|sie|wrz|paź|lis|gru|stycznia|lutego|marca|kwietnia|"
    r"maja|czerwca"
    r"|lipca|sierpnia|września|października|listopada|grudnia|led|únor|янв|фев|мар|апр|мая|июн|июл|авг|сен|окт|ноя|"
    r"дек|tháng|thg"
)
_DATE: Final = re.compile(
    rf"\d{{4}}\s?[-/.年년]\s?\d{{1,2}}|\d{{1,2}}[-/.]\s?\d{{1,2}}[-/.]\s?\d{{2,4}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.)?[\s./-]{{0,3}}(?:de )?(?:{_MONTHS})|"
    rf"(?:{_MONTHS})\w{{0,8}}\.?\s{{0,2}}\d{{1,2}}\b|\d{{1,2}}\s?[月월]\s?\d{{1,2}}",
    re.IGNORECASE,
)
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_TIME: Final = re.compile(r"\d{1,2}[:.h時时시點点]\s?\d{2}|\d{1,2}\s?(?:am|pm|uhr)\b", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"[^\s<>\"'(),;:@]{1,64}@[^\s<>\"'(),;:@]{2,255}")
_SENDER: Final = re.compile(r"\s{0,9}[\"']?(?P<name>[^<>\"]{0,300}?)[\"']?\s{0,9}<(?P<address>[^<>\s]{1,320})>\s{0,9}")
_DIGIT: Final = re.compile(r"\d")
_LEAD: Final = re.compile(rf"[\s\W_]{{0,8}}(?:{LEADS})[\s\xa0,]?(?=.{{0,40}}\d)", re.IGNORECASE)
_LEAD_WORD: Final = re.compile(rf"[\s\W_]{{0,8}}(?:{LEADS})(?:[\s\xa0,]|(?<=[在于於]))", re.IGNORECASE)
_LEAD_CJK: Final = re.compile(r"\s*[在于於]\s?\d")
_FIRST_DATE: Final = re.compile(
    rf"[\s\W_]{{0,4}}(?:\w{{2,9}}[.,]?\s)?(?:\d{{4}}\s?[-/.年년]|\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{2,4}}|"
    rf"\d{{1,2}}\.?\s(?:{_MONTHS}))",
    re.IGNORECASE,
)
_ENDS_WROTE: Final = re.compile(
    rf"(?:^|[\s\W\d])(?:{WROTE_LAST})[\s\xa0]{{0,3}}(?:[:：]|-{{2,80}}:?)\s*$", re.IGNORECASE
)
_HAS_WROTE: Final = re.compile(rf"(?:^|[\s\W\d])(?:{WROTE_INSIDE})(?![^\W\d]).{{0,200}}[:：]\s*$", re.IGNORECASE)
_DASHED: Final = re.compile(r"\s*-{3,80}[^-].{0,200}[^-]-{3,80}:?\s*$")
_SHARED: Final = re.compile(
    r"(?:\s{1,4}|-{2,10}\s?)(?=On (?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? |\d{1,4}[ ./-]"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.? \d))"
)


Key = tuple[str, str]


@functools.lru_cache(maxsize=256)  # each line of a signature asks for that of its mail
def name_and_address(sender: str) -> tuple[str, str]:
    """The two parts of ``NAME <ADDRESS>``, "" for one that is not there."""
    found = _SENDER.fullmatch(sender[:600])
    if found:
        return found["name"].strip(), found["address"]
    return ("", sender.strip()) if "@" in sender else (sender.strip(), "")


def is_rule(line: str) -> bool:
    """Whether ``line`` is drawn, not written: four dashes, underscores or the like and nothing else."""
    return len(line) < 500 and _RULE.fullmatch(line) is not None


def split_shared(lines: list[str]) -> list[str]:
    """``lines`` with "text On DATE, NAME wrote:" cut in two, as some programs forget the line break before it."""
    cut: list[str] = []
    for index, line in enumerate(lines):
        found = _SHARED.search(line, 1, 2000) if " On " in line or "-On " in line or "- On " in line else None
        if found and line[: found.start()].strip(" -") and not _QUOTED.match(line):
            rest = [line[found.end() :], *lines[index + 1 : index + _HEADER_LINES]]
            if _wrote_end(rest, 0) is not None:
                cut += [line[: found.start()].rstrip("- "), rest[0]]
                continue
        cut.append(line)
    return cut


def history(lines: list[str], sender: str = "") -> list[bool]:
    """For each line whether it belongs to an older message. ``sender`` (a From header) tells whether headers at the top
    of the text are the writer's own or those of what they answer."""
    marks = [False] * len(lines)
    keys = [_key(line) if ":" in line or "：" in line or "|" in line else None for line in lines]
    index, own = 0, False
    while index < len(lines):
        if not lines[index].strip():
            index += 1
            continue
        if _is_plain(lines[index]) and _frame_end(lines, index) is None:
            own = True
            index += 1
            continue
        if _is_quoted(lines, index):
            index = _mark_run(lines, index, marks)
            continue
        end = _wrote_end(lines, index)
        block = None if end is not None else _block_end(lines, keys, index)
        if end is None and block is None:
            end = _frame_end(lines, index)
            if end is not None and not own and REPLY_ABOVE.fullmatch(lines[index]):
                marks[index] = True  # the company's own mail begins with it
                index += 1
                continue
        stop = end if end is not None else block
        if stop is None:
            own = own or not is_rule(lines[index])
            index += 1
            continue
        marks[index:stop] = [True] * (stop - index)
        below = _next_text(lines, stop)
        if block is not None and not own and not any(marks[:index]) and not _answers(keys[index:stop], sender):
            index = stop  # headers that an export put above the writer's own text
        elif below < len(lines) and _is_quoted(lines, below):
            index = below
        else:
            marks[index:] = [True] * (len(lines) - index)
            break
    if True in marks:
        _mark_rules(lines, marks)
    return marks


def _is_plain(line: str) -> bool:
    """Whether no rule but that of frames can take ``line`` for the beginning of history: most lines need no more."""
    return _PLAIN.fullmatch(line) is not None and line.rstrip()[-1] not in _GOES_ON


def _mark_rules(lines: list[str], marks: list[bool]) -> None:
    """A rule directly above history belongs to it."""
    below = False
    for index in range(len(lines) - 1, -1, -1):
        if marks[index]:
            below = True
        elif below and is_rule(lines[index]):
            marks[index] = True
        elif lines[index].strip():
            below = False


def _is_quoted(lines: list[str], index: int) -> bool:
    line = lines[index]
    if not _QUOTED.match(line):
        return False
    if line.rstrip().endswith("<") and "<<" in line[-20:]:
        return False  # >>> an arrow around something <<<
    return not (index and _LINK_OPEN.search(lines[index - 1][-2100:]) and not _QUOTED.match(lines[index - 1]))


def _mark_run(lines: list[str], index: int, marks: list[bool]) -> int:
    """Mark the quoted line ``index`` and what was wrapped out of it; the index of the next line."""
    marks[index] = True
    line = lines[index]
    for step in range(1, 4):
        at = index + step
        if at >= len(lines) or not lines[at].strip() or _is_quoted(lines, at):
            return at
        quoted_below = any(_is_quoted(lines, below) for below in range(at + 1, min(at + 3, len(lines))))
        rest = lines[at].strip()
        wrapped = _WRAPPED <= len(line) <= _HEADER_LENGTH and rest[:1].islower() and line.rstrip()[-1:] not in ".!?:"
        broken_link = quoted_below and (
            line.count("(") > line.count(")") or rest.startswith(("(http", "http", "<http"))
        )
        if not (wrapped or broken_link) or (not quoted_below and step > 1):
            return at
        marks[at] = True
    return index + 4


def _next_text(lines: list[str], index: int) -> int:
    while index < len(lines) and not lines[index].strip():
        index += 1
    return index


def _wrote_end(lines: list[str], index: int) -> int | None:
    """Index behind "On DATE, NAME wrote:" that begins at ``index`` and may be wrapped; None where none begins there."""
    first = lines[index]
    if len(first) > _HEADER_LENGTH or _QUOTED.match(first):
        return None
    leads = _leads(first)
    wraps = first.rstrip()[-1:] in "<>,，" and bool(first.strip())
    if not leads and not wraps and "@" not in first and first.strip().rstrip("*_ ")[-1:] not in ":：>-":
        return None
    steps = _HEADER_LINES if leads else 3 if wraps else 1
    if not any(map(_may_end, lines[index : index + steps])):
        return None
    joined, size = "", 0
    for step in range(steps):
        at = index + step
        if at >= len(lines):
            return None
        line = lines[at]
        if step and (_leads(line) or (_QUOTED.match(line) and joined.count("<") <= joined.count(">"))):
            return None
        if not line.strip():
            if joined[-1:] != "<" and not lines[min(at + 1, len(lines) - 1)].lstrip().startswith("<"):
                return None
            continue
        joined = f"{joined} {line.strip()}".strip()
        size += len(line)
        if size > _HEADER_LENGTH:
            return None
        if joined.rstrip("*_ ")[-1:] in ":：>-" or ("@" in joined and _ADDRESS.search(joined)):
            below = _next_text(lines, at + 1)
            quoted = below < len(lines) and _QUOTED.match(lines[below]) is not None
            if _is_wrote(joined.rstrip("*_ "), quoted=quoted):
                return at + 1
    return None


def _may_end(line: str) -> bool:
    return "@" in line or line.rstrip().rstrip("*_ ")[-1:] in (":", "：", ">", "-")


def _leads(line: str) -> bool:
    if not _DIGIT.search(line):  # each of them holds one
        return False
    return bool((_LEAD.match(line) and _LEAD_WORD.match(line)) or _LEAD_CJK.match(line) or _FIRST_DATE.match(line))


def _is_wrote(joined: str, *, quoted: bool) -> bool:
    """Whether the line introduces a message. ``quoted``: what follows it is marked, so that less is asked of it."""
    length = len(joined.rstrip())
    end = joined[length - 1 : length]
    if end in (":", "：", "-"):
        last = _ENDS_WROTE.search(joined, max(0, length - _VERB)) is not None
        if last or (end != "-" and _HAS_WROTE.search(joined)):
            date = _DATE.search(joined) is not None
            if _ADDRESS.search(joined) or (date and (_TIME.search(joined) or _YEAR.search(joined))):
                return True
            if quoted and (date or (last and len(joined.split()) <= 8)):
                return True
            return last and _DASHED.match(joined) is not None
    if _FIRST_DATE.match(joined) and _ADDRESS.search(joined):  # "2011/4/7 NAME <ADDRESS>", without a verb
        return quoted or joined.rstrip().endswith((">:", ">：", "):"))
    return False


def _frame_end(lines: list[str], index: int) -> int | None:
    line = lines[index]
    if len(line) > 250:
        return None
    if line.lstrip()[:1] in _DRAWN:
        return index + 1 if FRAME.fullmatch(line) or REPLY_ABOVE.fullmatch(line) else None
    begins = line.lstrip()
    if begins[:1] not in FORWARD_LETTERS or (line.isascii() and not begins.lower().startswith(FORWARD_STARTS)):
        return None
    return index + 1 if FORWARD.fullmatch(line) else None


def _key(line: str) -> Key | None:
    """Kind and value of a line "Subject: ..." in any language."""
    if not (":" in line[:60] or "：" in line[:60] or "|" in line[:60]):
        return None
    found = KEY_LINE.match(line[:2000])
    return (_kind(found["key"]), found["value"]) if found else None


def _block_end(lines: list[str], keys: list[Key | None], index: int) -> int | None:
    """Index behind a block of headers (From, Sent, To, Subject in any language) that begins at ``index``."""
    first = keys[index]
    if first is None:
        return None
    if _is_block_line(lines[index]):
        return index + 1
    kinds, values, last, wrapped = {first[0]}, [first[1]], index, 0
    for at in range(index + 1, min(index + _BLOCK_LINES, len(lines))):
        key = keys[at]
        if key:
            kinds.add(key[0])
            values.append(key[1])
            last, wrapped = at, 0
        elif not lines[at].strip():
            if at > index + 1 and not lines[at - 1].strip():
                break
        else:
            wrapped += 1
            if wrapped > 2 or not lines[at - 1].strip():
                break
            values.append(lines[at][:2000])
    if len(kinds) == 1:
        value = values[0].strip().strip("*<>[]")
        alone = kinds == {"from"} and _ADDRESS.fullmatch(value) is not None
        return index + 1 if alone and _is_blank(lines, index - 1) and _is_blank(lines, index + 1) else None
    if {"from", "sent"} <= kinds or (
        "subject" in kinds and kinds & {"from", "date", "sent"} and kinds & {"from", "to"}
    ):
        return last + 1
    addressed = kinds & {"from", "to"} and any("@" in value and _ADDRESS.search(value) for value in values)
    return last + 1 if addressed else None


def _is_blank(lines: list[str], index: int) -> bool:
    return not 0 <= index < len(lines) or not lines[index].strip()


def _is_block_line(line: str) -> bool:
    """The same block with its line breaks lost: "Date: ... From: ... To: ... Subject: ..."."""
    if len(line) > 1000 or not (":" in line or "：" in line) or not _ADDRESS.search(line):
        return False
    kinds = {_kind(found["key"]) for found in KEY_INSIDE.finditer(line)}
    return len(kinds) >= 3 and "from" in kinds and KEY_INSIDE.match(line.strip()) is not None


def _kind(key: str) -> str:
    return KEY_KINDS.get(" ".join(key.lower().split()), "cc")


def _answers(block: list[Key | None], sender: str) -> bool:
    """Whether the headers in ``block`` are those of a message that ``sender`` received."""
    name, address = name_and_address(sender)
    for key in block:
        if key and key[0] in ("to", "cc"):
            value = key[1].lower()
            if (address and address.lower() in value) or (len(name) > 2 and name.lower() in value):
                return True
    return False
