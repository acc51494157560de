"""Text as it is found, made readable: mojibake, HTML that was left in, and what scrapers leave around a review.

One rule per kind of damage, each behind a quick test, since most texts are whole. What a customer may have typed stays
as it is: curly quotes, full-width forms, ligatures, emoji, odd spelling, single and double spaces.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from unicodedata import normalize

from voc.documents import Turn

if TYPE_CHECKING:
    from ftfy import TextFixerConfig

_HAN: Final = r"\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# Rounds until nothing changes: what is escaped twice needs three. Text that is still changing after these is built to
# do so, and is left as it was given.
_ROUNDS: Final = 8

# Never of use to a reader: C0 controls but tab and line breaks, DEL, soft hyphen, zero-width space, word joiner, byte
# order mark, annotation and object marks, private-use characters (icons of some font or phone).
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u00ad\u200b\u2060\ufeff\ufff9-\ufffc\ue000-\uf8ff\U000f0000-\U0010ffff]"
)
# Joiners and direction marks are needed in emoji and in Indic, Persian and Hebrew words, and by nobody after these.
_JOINER: Final = re.compile(
    "(?:(?<=[\x00-\u024f\u2000-\u200b\u2010-\u2027\u3000-\u9fff\uac00-\ud7af\uff00-\uff65])|^)[\u200c-\u200f]+"
)
_ANY_JOINER: Final = re.compile("[\u200c-\u200f]")
_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
_ASCII: Final = "".join(map(chr, range(128)))
_MARGIN: Final = 24  # characters; the longest that a rule of ftfy looks at beside what is damaged is 8
_HORIZONTAL: Final = r"[^\S\r\n\u2028\u2029\x0b\x0c\x85]"
_SPACES: Final = re.compile(  # three or more blanks, or three or more line breaks with at most two blanks before each
    rf"\s(?:(?<={_HORIZONTAL}){_HORIZONTAL}{{2,}}"
    rf"|(?:(?<={_HORIZONTAL}){_HORIZONTAL}?\r?\n|(?<=\r)\n|(?<=\n))"
    rf"(?:{_HORIZONTAL}{{0,2}}\r?\n){{2,}}{_HORIZONTAL}{{0,2}})"
)
_WIDE: Final = re.compile(r"\s\s\s")  # not \s{3}: a pattern that begins with a plain set is searched for faster
_TAG: Final = re.compile(
    r"<(?:(?P<line>br|hr)|/?(?:(?P<block>p|div|li|ul|ol)|span|strong|em|font)\b)[^<>]{0,300}>", re.IGNORECASE
)
# "&" and any number of "amp;" before what is an entity, too: text is often escaped twice.
_ESCAPED: Final = re.compile(r"&(?:amp;)+", re.IGNORECASE)
_BADGE: Final = re.compile(
    r"\W{0,6}(?:Trip Verified|Not Verified|Unverified|Verified(?: Review| Purchase)?)\s{0,3}\|\s{0,3}"
)
_TAIL_LENGTH: Final = 40
_TAIL_LAST: Final = frozenset("eEsSſ多文开開起)]】」>»›▼")  # characters that a match of _TAIL can end in
_TAIL: Final = re.compile(
    r"""(?: (?:\.{2,6}|…{1,3}|⋯{1,3})[ \u00a0]?[(\[【「]?(?:
              More|MORE|(?i:(?:read|see|show|view)[ ](?:more|less))
              |更多|全文|展开|展開|展开全文|展開全文|收起
              |(?:查看|显示|顯示|阅读|閱讀|点击查看|點擊查看)(?:更多|全文))
          | [\s。！？!?.」”"）)](?:
              (?i:(?<=\n)(?:read|see|show|view)[ ](?:more|less))
              |展开全文|展開全文|(?:查看|显示|顯示|阅读|閱讀|点击查看|點擊查看)(?:更多|全文)))
        [)\]】」>»›▼]?\Z""",
    re.VERBOSE,
)
# One romanised syllable (with a tone as a mark or a digit, or without one) or one in bopomofo, in brackets.
_MARKED: Final = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ"
_READING: Final = (
    rf"[{_HAN}][(（\[]\s?(?:[a-züɑɡ{_MARKED}\u0300-\u030c]{{1,8}}[1-5]?|[\u3105-\u312f]{{1,3}}[ˉˊˇˋ˙]?)\s?[)）\]]"
)
_READINGS: Final = re.compile(rf"(?:{_READING}[ ，。！？、,.!?；;：:~～…]{{0,3}})+", re.IGNORECASE)
_BRACKETED: Final = re.compile(r"[(（\[]\s?([^()（）\[\]\s]*)\s?[)）\]]")
_SYLLABLE: Final = re.compile(
    r"(?:[zcs]h|[bpmfdtnlgkhjqxrzcsyw])?(?:[iu]?ang|i?ong|u?eng|ing|iao|ian|uai|[uü]an|[aeu]i|[ao]o|[oi]u|[iuü]e|er"
    r"|[aeiuü]n|[iu]a|uo|[aoeiuü])[1-5]?|[\u3105-\u312f]+[ˉˊˇˋ˙]?"
)
_TONES: Final = str.maketrans(_MARKED, "aaaaeeeeiiiioooouuuuüüüü")
_PRINTED: Final = str.maketrans("ɑɡ", "ag")  # letters as Chinese primers print them
_LEAST_UNMARKED: Final = 3  # readings in a row without tones: "良（keng）心（die）" is a pun


def repair(text: str) -> str:
    """Return ``text`` as it was meant: mojibake decoded (ftfy), HTML entities and tags of layout resolved, private-use
    and zero-width characters, romanisations in brackets after each Chinese character, badges ("✅ Trip Verified |")
    and cut marks ("...More", "查看更多") taken off, runs of three or more blanks made one, of three or more line breaks
    two.

    Linear in time, idempotent, and ``text`` itself where nothing is wrong. A text with letters never loses all of
    them: one that consists of such noise alone comes back as it is.
    """
    repaired = text
    for _ in range(_ROUNDS):
        before, repaired = repaired, _once(repaired)
        if repaired == before:
            break
    else:
        return text
    if repaired == text or (not any(map(str.isalpha, repaired)) and any(map(str.isalpha, text))):
        return text
    return repaired


def repair_turns(text: str, turns: Sequence[Turn]) -> tuple[str, tuple[Turn, ...]]:
    """Repair ``text`` piece by piece, so that ``turns`` (ordered, without overlap) keep their words: the repaired text
    and the turns with offsets into it. Turns of which nothing is left are dropped; one that was empty stays."""
    if not turns:
        return repair(text), ()
    pieces: list[str] = []
    kept: list[Turn] = []
    at = length = 0
    for turn in turns:
        before, said = _gap(text[at : turn.start]), repair(text[turn.start : turn.end])
        at, length = turn.end, length + len(before)
        pieces += (before, said)
        left = len(said) - len(said.lstrip())
        if said.strip() or turn.start == turn.end:
            start = length + left
            end = start + len(said.strip())
            same = start == turn.start and end == turn.end
            kept.append(turn if same else Turn(turn.role, start, end, turn.speaker, turn.begins, turn.ends))
        length += len(said)
    pieces.append(_gap(text[at:]))
    return "".join(pieces), tuple(kept)


@functools.lru_cache(maxsize=1024)  # the same prefixes come back at every turn
def _gap(text: str) -> str:
    """Between turns stand prefixes and white space: line breaks matter there."""
    return text if len(text) <= 2 or text.isspace() else repair(text)


def _once(text: str) -> str:
    """One round: ``text`` itself where nothing looks wrong."""
    if not text.isascii():
        text = _beyond_ascii(text)
    elif not text.isprintable():
        text = _UNSEEN.sub("", text)
    if "&" in text and ";" in text:
        from ftfy.fixes import unescape_html

        text = unescape_html(_ESCAPED.sub("&", text))
    if "<" in text:
        text = _TAG.sub(_break, text)
    if "|" in text[:60] and (badge := _BADGE.match(text)):
        text = text[badge.end() :]
    text = _without_tail(text)
    if _WIDE.search(text) and not text.isspace():
        text = _SPACES.sub(_space, text)
    return text


def _beyond_ascii(text: str) -> str:
    if _mojibake().search(text):
        text = "".join(map(_decoded, _LINE.findall(text)))
    text = _UNSEEN.sub("", text)
    if _ANY_JOINER.search(text):
        text = _JOINER.sub("", text)
    if "(" in text or "（" in text or "[" in text:
        text = _READINGS.sub(_without_readings, text)
    return text


def _decoded(line: str) -> str:
    """``line`` as ftfy decodes it. It takes time for every character of a line that is damaged somewhere, so that plain
    ASCII at either end, which no rule of its looks at from further away than a few characters, is kept back."""
    if line.isascii():
        return line
    from ftfy import fix_text

    start = max(0, len(line) - len(line.lstrip(_ASCII)) - _MARGIN)
    end = len(line.rstrip(_ASCII)) + _MARGIN
    return line[:start] + fix_text(line[start:end], _config()) + line[end:]


@functools.cache
def _config() -> TextFixerConfig:
    """How ftfy decodes what was decoded wrongly. Fixes that are a matter of taste (quotes, ligatures, width, line
    breaks, normal form) are off, and so is what this module does itself."""
    from ftfy import TextFixerConfig

    return TextFixerConfig(
        unescape_html=False,
        remove_terminal_escapes=False,
        fix_encoding=True,
        restore_byte_a0=True,
        replace_lossy_sequences=True,
        decode_inconsistent_utf8=True,
        fix_c1_controls=True,
        fix_latin_ligatures=False,
        fix_character_width=False,
        uncurl_quotes=False,
        fix_line_breaks=False,
        fix_surrogates=True,
        remove_control_chars=False,
        normalization=None,
        explain=False,
    )


@functools.cache
def _mojibake() -> re.Pattern[str]:
    """What ftfy should look at: C1 controls, surrogates, and the first two bytes of a UTF-8 character read in one of
    the single-byte encodings that ftfy tries. Its own test takes 20 µs for 90 characters of whole Chinese, this 1.

    A blank may stand for a second byte of A0, but not in Mac Roman, where curly quotes and dashes are first bytes."""
    from ftfy import bad_codecs
    from ftfy.chardata import CHARMAP_ENCODINGS

    bad_codecs.ok()
    pairs, starts = [], set[str]()
    for encoding in CHARMAP_ENCODINGS:
        first = bytes(range(0xC2, 0xF5)).decode(encoding, "replace")
        second = bytes(range(0x80, 0xC0)).decode(encoding, "replace") + ("" if encoding == "macroman" else " ")
        pairs.append(f"(?<=[{re.escape(first)}])[{re.escape(second)}]")
        starts.update(first)
    start = re.escape("".join(sorted(starts)))
    alone = "\x80-\x9f\ud800-\udfff"
    return re.compile(f"[{alone}{start}](?:(?<=[{alone}])|{'|'.join(sorted(set(pairs)))})")


def _break(tag: re.Match[str]) -> str:
    return "\n" if tag["line"] or tag["block"] else ""


def _space(run: re.Match[str]) -> str:
    return "\n\n" if "\n" in run[0] else " "


def _without_tail(text: str) -> str:
    end = text.rstrip()
    if end[-1:] not in _TAIL_LAST:
        return text
    found = _TAIL.search(end, max(0, len(end) - _TAIL_LENGTH))
    if found is None:
        return text
    # A mark of the sentence that stands before the words is the customer's.
    return end[: found.start() + (found[0][0] in '。！？!?.」”"）)' and not found[0].startswith(".."))].rstrip()


def _without_readings(run: re.Match[str]) -> str:
    readings = [normalize("NFC", said.translate(_PRINTED)) for said in _BRACKETED.findall(run[0].lower())]
    plain = [said.translate(_TONES) for said in readings]
    if not all(map(_SYLLABLE.fullmatch, plain)):
        return run[0]
    marked = plain != readings or any(said >= "\u3105" for said in plain)
    numbered = len(plain) > 1 and all(said[-1].isdigit() for said in plain)
    return _BRACKETED.sub("", run[0]) if marked or numbered or len(plain) >= _LEAST_UNMARKED else run[0]
