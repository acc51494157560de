"""Where the signature of a mail begins: below ``--``, at a closing, at the writer's name, at what a phone adds."""

from __future__ import annotations

import functools
import re
from typing import Final

from voc.ingest.mail_quotes import name_and_address
from voc.ingest.mail_words import (
    BANNER,
    CLOSING,
    DISCLAIMER,
    DISCLAIMER_STARTS,
    MOBILE,
    MOBILE_STARTS,
    POSTSCRIPT,
    THANKS,
)

_LINES: Final = 14  # of text, that a signature has at most
_LINE: Final = 100  # characters of a line of a signature
_LOOK_BACK: Final = 40  # lines of text in which it is looked for

_BEFORE_LETTERS: Final = "".join(chr(code) for code in range(128) if not chr(code).isalpha())
_DELIMITER: Final = re.compile(
    r"\s{0,10}(?:--|__|—{1,2}|-{3,80}|_{3,500}|—{3,200}|–{3,200}|─{2,200}|={10,80}|\*{10,80})[\s\xa0]*"
)
_DRAWN: Final = frozenset("-_—–─=*")  # what it begins with
_SURE_RULE: Final = re.compile(r"\s{0,10}(?:-{30,}|_{10,}|[—–─]{20,})\s*")
_DASHED_NAME: Final = re.compile(r"\s*(?:[-–—~―]{1,3}|/)\s?(?P<name>[^\W\d_][\w.'’ ]{0,40}?)\s*[.!]?\s*")
_BULLET: Final = re.compile(r"\s*(?:[-*•·–]|\d{1,2}[.)、])\s?\S")
_NAME: Final = re.compile(r"[^\W\d_][\w.'’-]{0,24}(?: [^\W\d_][\w.'’-]{0,24}){0,3}[.,]?")
_HAN_NAME: Final = re.compile(r"[\u3400-\u9fff·]{2,8}")
_HAN: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_MIDDLE_NAME: Final = re.compile(r" \w{1,12}\.?(?= )")
_NAME_GOES_ON: Final = re.compile(r"[\w'’]")
_LIKE_ASCII: Final = re.compile("[ſKİı]")  # equal to a letter of ASCII where case does not count
_CONTACT: Final = re.compile(
    r"\S@\S|https?://|www\.|(?:\+|\b)\(?\d[\d()\s./-]{6,}\d|\b(?:tel|phone|mobile|cell|fax|skype|wechat|email|"
    r"e-mail)\b\s?[:.]"
    r"|(?:电话|電話|手机|手機|传真|傳真|邮箱|郵箱|信箱|地址|微信|邮编|网址|網址)\s?[:：]?",
    re.IGNORECASE,
)
# Parts of it that each match holds, in lower case.
_FIGURES: Final = re.compile(r"\d[\d()\s./-]{6,}\d")
_LABEL: Final = re.compile(
    r"[tpmcfswe](?:(?<=t)el|(?<=p)hone|(?<=m)obile|(?<=c)ell|(?<=f)ax|(?<=s)kype|(?<=w)echat|(?<=e)-?mail)\b\s?[:.]"
)
_HAN_LABEL: Final = re.compile("电话|電話|手机|手機|传真|傳真|邮箱|郵箱|信箱|地址|微信|邮编|网址|網址")
_SENTENCE_END: Final = re.compile(r"[.!?。！？…][\"'”’)]?\s*$")


def split_signature(lines: list[str], sender: str = "", *, first: bool = True) -> int:
    """Index of the first line of ``lines`` (one run of own text) that belongs to the signature; their number where
    there is none. ``sender`` is the From header: a line with that name closes the text. ``first``: nothing was written
    above, so that a closing on the first line is the text itself."""
    end = _without_disclaimer(lines)
    cut = _delimiter(lines, end)
    if cut is not None and cut and lines[cut - 1].strip() and _is_bare_thanks(lines[cut - 1]):
        cut -= 1
    if cut is None:
        cut = _walk(lines, end, sender, first=first)
    while cut and not lines[cut - 1].strip():
        cut -= 1
    # What is above may end in a closing of its own: "Regards, Ann", then the phone's line.
    return _walk(lines, cut, sender, first=first) if cut < len(lines) else cut


def skip_banner(lines: list[str]) -> int:
    """Number of lines at the top that the company's mail server put there ("CAUTION: this came from outside")."""
    first = next((index for index, line in enumerate(lines) if line.strip()), len(lines))
    paragraph = first
    while paragraph < len(lines) and lines[paragraph].strip():
        paragraph += 1
    text = " ".join(lines[first : min(paragraph, first + 6)])
    return paragraph if paragraph < len(lines) and BANNER.match(text) else 0


def _without_disclaimer(lines: list[str]) -> int:
    """Index of the line at which a disclaimer begins; the number of lines where there is none or nothing above it."""
    written = False
    for index, line in enumerate(lines):
        if not line.strip():
            continue
        if (
            written
            and DISCLAIMER_STARTS.match(line)
            and DISCLAIMER.match(" ".join(one[:400] for one in lines[index : index + 3])[:400])
        ):
            return index
        written = True
    return len(lines)


def _delimiter(lines: list[str], end: int) -> int | None:
    """The first line up to ``end`` that is only dashes and has a signature below it."""
    low, texts = end, 0
    while low and texts <= _LINES:
        low -= 1
        texts += bool(lines[low].strip())
    for index in range(end):
        line = lines[index]
        if line.lstrip()[:1] not in _DRAWN or len(line) > 600 or not _DELIMITER.fullmatch(line):
            continue
        if line.rstrip("\xa0") == "-- " or _SURE_RULE.fullmatch(line):
            return index
        if index < low:
            continue  # too much text below it
        tail = lines[index + 1 : end]
        if sum(map(_is_prose, tail)) <= (3 if line.strip() in ("--", "__") else 0) and _is_short(tail):
            return index
    return None


def _is_bare_thanks(line: str) -> bool:
    found = THANKS.match(line.strip())
    return found is not None and not line.strip()[found.end() :].strip(" ,.!，。！")


def _walk(lines: list[str], end: int, sender: str, *, first: bool) -> int:
    """The first of the last lines before ``end`` from which on everything looks like a signature."""
    texts = [index for index in range(end) if lines[index].strip()]
    recent = texts[-_LOOK_BACK:]
    prose = next((index for index in reversed(recent) if _is_prose(lines[index])), 0)
    for place, index in enumerate(recent):
        if index < prose:
            continue  # no rule takes a line above running text
        line, tail = lines[index], lines[index + 1 : end]
        top = first and place == 0 and len(texts) <= _LOOK_BACK
        if _is_mobile(line) and _is_short(tail) and not any(map(_is_prose, tail)):
            return index
        if top or len(line) > _LINE:
            continue
        if _closes(line, tail) or _is_dashed_name(lines, index, end) or _is_sender(line, tail, sender):
            return index
    return _contact_block(lines, end)


def _is_short(tail: list[str]) -> bool:
    texts = [line for line in tail if line.strip()]
    return len(texts) <= _LINES and not any(POSTSCRIPT.match(line) for line in texts)


@functools.lru_cache(maxsize=256)  # each line of a message is looked at from every line above it
def _is_prose(line: str) -> bool:
    """A line as people write it in running text, not in a signature."""
    if len(line) <= _LINE and len(line.split()) < 9 and (line.isascii() or len(_HAN.findall(line[:200])) < 18):
        return False
    return not (_has_contact(line[:500]) or _is_mobile(line))


def _has_contact(line: str) -> bool:
    """Whether ``_CONTACT`` is found in ``line``: a quick look for what it needs spares most lines the search."""
    text = line.lower()
    may = "@" in text or "://" in text or "www." in text or _FIGURES.search(text) or _LABEL.search(text)
    if not may and not text.isascii():
        may = _HAN_LABEL.search(text) or _LIKE_ASCII.search(line)
    return bool(may) and _CONTACT.search(line) is not None


def _is_mobile(line: str) -> bool:
    """Whether a phone or a mail program added the line."""
    line = line[:300]
    if line.isascii() and not line.lstrip(_BEFORE_LETTERS).lower().startswith(MOBILE_STARTS):
        return False
    return MOBILE.fullmatch(line) is not None


def _is_name(text: str) -> bool:
    text = text.strip().strip("*_,.!~，。！ ")
    words = text.split()
    if _HAN_NAME.fullmatch(text):
        return True
    return bool(_NAME.fullmatch(text)) and (
        len(words) == 1 or all(word[0].isupper() for word in words if len(word) > 3)
    )


def _closes(line: str, tail: list[str]) -> bool:
    """Whether the line is a closing ("Kind regards,") with nothing but a name and an address below it."""
    texts = [one for one in tail if one.strip()]
    if len(texts) > _LINES or any(map(_is_prose, texts)) or any(POSTSCRIPT.match(one) for one in texts):
        return False
    text = line.strip().strip("*_ ")
    firm = CLOSING.match(text)
    if firm and _is_rest_of_closing(text[firm.end() :]):
        return True
    thanks = THANKS.match(text)
    if not thanks:
        return False
    rest = text[thanks.end() :]
    joined = re.match(r"\s?(?:&|and|und|et|y|e|/|,|\+|，)\s?", rest, re.IGNORECASE)
    if joined and (closing := CLOSING.match(rest, joined.end())) and _is_rest_of_closing(rest[closing.end() :]):
        return True
    if rest.strip(" ,.!;:~，。！～、") == "":
        return bool(texts) and len(texts) <= 8 and _is_name(texts[0])
    return (
        bool(re.fullmatch(r"\s?[,，!！]\s?(?P<name>.{1,40})", rest))
        and not texts
        and _is_name(rest.strip(" ,，!！"))
        and rest.strip(" ,，!！")[:1].isupper()
    )


def _is_rest_of_closing(rest: str) -> bool:
    """What stands behind a closing on its line: nothing, a second closing, "from NAME" or a name."""
    if re.match(r"[^\W_]", rest):
        return False  # the closing was only the beginning of a word
    rest = rest.strip(" ,.!;:~，。！～、-*_\xa0")
    if not rest:
        return True
    second = re.match(r"(?:/|&|\||and|und)\s{0,2}", rest, re.IGNORECASE)
    if second and (found := CLOSING.match(rest, second.end()) or THANKS.match(rest, second.end())):
        return not rest[found.end() :].strip(" ,.!，。！")
    return len(rest) <= 40 and _is_name(rest) and (rest[0].isupper() or _HAN_NAME.fullmatch(rest) is not None)


def _is_dashed_name(lines: list[str], index: int, end: int) -> bool:
    found = _DASHED_NAME.fullmatch(lines[index]) if len(lines[index]) <= 50 else None
    if not found or not _is_name(found["name"]):
        return False
    if lines[index].lstrip().startswith("/") and " " in found["name"]:
        return False
    tail = lines[index + 1 : end]
    above = next((line for line in reversed(lines[:index]) if line.strip()), "")
    others = [above, *(line for line in tail if line.strip())]
    if any(_BULLET.match(line) and not _is_mobile(line) for line in others) or above.rstrip().endswith((":", "：")):
        return False
    return _is_short(tail) and not any(map(_is_prose, tail))


def _is_sender(line: str, tail: list[str], sender: str) -> bool:
    """Whether the line begins with the sender's name, or is their address, as in signatures without any mark."""
    name, address = name_and_address(sender)
    if address and line.strip().lower() == address.lower():  # as Foxmail adds it
        return _is_short(tail) and not any(map(_is_prose, tail))
    if not name or "@" in name:
        return False
    if "," in name:
        last, _, first = name.partition(",")
        name = (
            f"{first.strip()} {last.strip()}"
            if len(first.split()) == 1 and first.strip().lower() not in ("md", "phd", "jr")
            else last
        )
    parts = name.split()
    text = line.strip().strip("*_-–— ")
    head = text[: len(parts[0])]
    if parts[0].isascii() and head.lower() != parts[0].lower() and not _LIKE_ASCII.search(head):
        return False
    plain = text.isascii() and name.isascii()
    if (
        len(text) > 80
        or _is_prose(line)
        or (_SENTENCE_END.search(text) and len(text.split()) > 4)
        or not _is_short(tail)
    ):
        return False
    if any(map(_is_prose, tail)):
        return False
    if _HAN.search(name):
        return (
            re.fullmatch(rf"{re.escape(name)}(?:\s?(?:敬上|謹上|谨上|上|先生|女士|小姐)|[\s|,，].{{0,40}})?", text)
            is not None
        )
    if len(parts) >= 2 and _begins_with(text, parts[0], parts[-1], plain=plain):
        return True
    if any(one.strip() for one in tail):
        return False
    first = parts[0]
    if plain:
        return text.lower() in (first.lower(), f"{first}.".lower())
    return re.fullmatch(rf"{re.escape(first)}\.?", text, re.IGNORECASE) is not None


def _begins_with(text: str, first: str, last: str, *, plain: bool) -> bool:
    """Whether ``text`` begins with both names and at most one between them. Every message has other names, so that a
    pattern of them, which has to be compiled each time, is made for those alone that are not ``plain`` ASCII."""
    if not plain:
        pattern = rf"{re.escape(first)}(?: \w{{1,12}}\.?)? {re.escape(last)}(?![\w'’])"
        return re.match(pattern, text, re.IGNORECASE) is not None
    rest = text.lower()[len(first) :]
    middle = _MIDDLE_NAME.match(rest)
    ends = f" {last.lower()}"
    behind = (rest, rest[middle.end() :] if middle else "")
    return any(one.startswith(ends) and not _NAME_GOES_ON.match(one, len(ends)) for one in behind)


def _contact_block(lines: list[str], end: int) -> int:
    """A last paragraph of short lines that begins with a name and holds two ways to reach its writer."""
    last = end
    while last and not lines[last - 1].strip():
        last -= 1
    first = last
    while first and lines[first - 1].strip():
        first -= 1
    block = lines[first:last]
    if first == 0 or not 2 <= len(block) <= 8 or any(len(line) > 80 or _is_prose(line) for line in block):
        return end
    if _has_contact(block[0]) or not _is_name(re.split(r"[|,，]", block[0])[0]):
        return end
    if _SENTENCE_END.search(block[0]) and len(block[0].split()) > 5:
        return end
    contacts = sum(map(_has_contact, block[1:]))
    return first if contacts >= 2 or (contacts == 1 and len(block) <= 3) else end
