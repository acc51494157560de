"""Sentence-like pieces with offsets into the raw text: the unit of evidence and of themes.

One pass over the text in linear time: sentence ends, then clause cuts in what is too long, then scraps joined to a
neighbour. All patterns are free of nested repeats.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from voc.documents import Segment, Turn


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# A piece holds at most 240 characters of an alphabet or 100 of a CJK script, white space not counted; mixed text in
# proportion.
_LIMIT: Final = 1200
_ALPHABET_COST, _CJK_COST = 5, 12
_SAFE_LENGTH: Final = _LIMIT // _CJK_COST  # no shorter text can be over the limit
_SAFE_ALPHABET: Final = _LIMIT // _ALPHABET_COST  # and no shorter one without wide characters
_COUNTED_LENGTH: Final = 600  # shorter texts are counted at once before they are searched for a cut
_SCRAP: Final = 4  # pieces with fewer non-space characters are joined to a neighbour
_MIN_SIDE_ALPHABET, _MIN_SIDE_CJK = 20, 7  # least non-space characters on either side of a contrast

_CJK: Final = r"\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_CJK_WIDE: Final = re.compile(rf"[{_CJK}\u3000-\u303f\uff00-\uffef]")
_CJK_CHAR: Final = re.compile(rf"[{_CJK}]")
_EMOJI: Final = r"\u2600-\u27bf\u2b50\u2b55\U0001f000-\U0001faff"
_CLOSERS: Final = r"\"'”’»)\]）】」』》〉\ufe0f\u200d"

# What could end a piece. Links and addresses come first so that the points in them end nothing. The pattern begins with
# the set of all first characters, and each branch looks back at its own: so it is searched for at the speed of a set.
_STOPS: Final = "。！？；…!?．｡"
_LINES: Final = r"\n\r\u2028\u2029\x0b\x0c\x85"
_MARK: Final = re.compile(
    rf"[hHw@{_LINES}{_STOPS}.{_EMOJI}~～bB但不可然](?:"
    rf"(?P<skip>(?<=h)ttps?://[!-~]*[\w/]|(?<=w)ww\.[!-~]*[\w/]|(?<=@)\w+)"
    rf"|(?P<line>(?<=[{_LINES}])[{_LINES}]*)"
    rf"|(?P<stop>(?<=[{_STOPS}])[{_STOPS}]*[.{_STOPS}~～]*[{_CLOSERS}{_EMOJI}]*)"
    rf"|(?P<point>(?<=\.)\.*[{_CLOSERS}{_EMOJI}]*)"
    rf"|(?P<emoji>(?<=[{_EMOJI}])[{_EMOJI}\ufe0f\u200d]*)"
    rf"|(?P<tilde>(?<=[{_CJK}][~～])[~～]*)"
    r"|(?P<but>(?:(?<=[,;，；、\s][bB])(?i:ut)\b|(?<=[,;，；、\s][hH])(?i:owever)\b)(?!\s+also\b)"
    r"|(?<=[,;，；、\s]但)是?|(?<=[,;，；、\s]不)[过過]|(?<=[,;，；、\s]可)是|(?<=[,;，；、\s]然)而))"
)
# A point after one of these ends no sentence, or only where a capital letter follows.
_NEVER_ENDS: Final = _words(
    "mr mrs ms dr prof rev gen sgt capt lt hon messrs mme st vs viz e.g i.e eg ie cf approx fig"
)
_RARELY_ENDS: Final = _words(
    """etc inc ltd co corp dept tel ext no nos jr sr a.m p.m am pm u.s u.k min max hr hrs
    jan feb mar apr jun jul aug sep sept oct nov dec"""
)
_LISTED: Final = re.compile(r"(?:^|[^\w.])\d{1,2}\Z")
_TAIL: Final = re.compile(r"[A-Za-z][A-Za-z.]{0,9}\Z")
_NOT_CONTRAST: Final = re.compile(
    r"(?:nothing|anything|everything|all|none|cannot help|can't help)\s+\Z", re.IGNORECASE
)
_JOINED: Final = re.compile("[\u0300-\u036f\u200d\ufe0f]")
_LONGEST_CLUSTER: Final = 16  # characters; what is longer is no letter with its marks
_CLAUSE: Final = frozenset("，,、;；:：—–~～)）】」』")


def segment(text: str, turns: Sequence[Turn] = ()) -> tuple[Segment, ...]:
    """Cut ``text`` into sentence-like pieces, in order, without overlap, trimmed of white space.

    Without ``turns`` the pieces cover every non-space character of the text; with turns they cover those of the
    customer's turns only, and none crosses a turn. A piece has at most 240 non-space characters (100 of Chinese, mixed
    text in proportion): longer sentences are cut at clause punctuation, else at white space, else hard. Offsets count
    code points of ``text`` as given. Returns () where there is nothing to cover.
    """
    regions: list[tuple[int | None, int, int]]
    if turns:
        regions = [(number, turn.start, turn.end) for number, turn in enumerate(turns) if turn.role == "customer"]
    else:
        regions = [(None, 0, len(text))]
    pieces: list[Segment] = []
    for turn_number, start, end in regions:
        for left, right in _pieces(text, max(start, 0), min(end, len(text))):
            pieces.append(Segment(len(pieces), left, right, turn_number))
    return tuple(pieces)


def _pieces(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The finished pieces of one region."""
    fitting: list[tuple[int, int]] = []
    left = start
    for cut in _sentence_ends(text, start, end):
        piece = _trim(text, left, cut)
        left = cut
        if piece is not None:
            fitting.extend(_fit(text, *piece))
    return _join_scraps(text, fitting)


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    piece = text[start:end].rstrip()
    if not piece:
        return None
    return start + len(piece) - len(piece.lstrip()), start + len(piece)


def _sentence_ends(text: str, start: int, end: int) -> Iterator[int]:
    """Offsets at which a new piece starts, rising; ``end`` is the last."""
    last = start
    for mark in _MARK.finditer(text, start, end):
        kind = mark.lastgroup
        if kind == "skip":
            continue
        if kind == "but":
            if _is_contrast(text, last, mark.start(), end):
                last = mark.start()
                yield last
            continue
        if kind == "point" and not _point_ends(text, last, mark, end):
            continue
        last = mark.end()
        yield last
    yield end


def _point_ends(text: str, start: int, mark: re.Match[str], end: int) -> bool:
    """Whether the point (or points) at ``mark`` ends a sentence that began at or after ``start``."""
    after = mark.end()
    if after >= end:
        return True
    before = text[mark.start() - 1] if mark.start() > start else " "
    following = text[after]
    if mark.end() - mark.start() > 1:  # an ellipsis, or a point with closing quotes, brackets or emoji
        return not (before.isdigit() and following.isdigit())
    if max(before, following) >= "\u3000" and (_CJK_WIDE.match(following) or _CJK_WIDE.match(before)):
        # "是否合法？2.房屋": a number in a list opens what follows
        return not _LISTED.search(text[max(start, mark.start() - 3) : mark.start()])
    tail = _TAIL.search(text, max(start, mark.start() - 10), mark.start())
    word = tail[0] if tail else ""
    if not following.isspace():
        # "on time.The crew": a missing space; "example.com" and "U.S.A" are none
        return len(word) > 2 and word[1:].islower() and following.isupper() and text[after + 1 : after + 2].islower()
    if not word:
        line_start = text[start : mark.start()].strip()
        return not (line_start.isdigit() and len(line_start) <= 2)  # "1. The room": a list number
    if len(word) == 1:
        return word == "I" or word.islower()  # initials: "J. Smith"
    lower = word.lower()
    if lower in _NEVER_ENDS:
        return False
    if lower in _RARELY_ENDS:
        follower = text[after : after + 8].lstrip()[:1]
        return follower.isupper() if lower not in ("no", "nos") else not follower.isdigit()
    return True


def _is_contrast(text: str, start: int, at: int, end: int) -> bool:
    """Whether both sides of the conjunction at ``at`` are long enough to stand alone."""
    left, right = text[start:at], text[at : at + 60]
    for closing in "\n。！？!?":
        right = right.partition(closing)[0]
    right = right[: end - at]
    if _CJK_CHAR.match(text, at):
        least = _MIN_SIDE_CJK
    else:
        least = _MIN_SIDE_ALPHABET
        if _NOT_CONTRAST.search(left[-20:]):
            return False
    return len("".join(left[-80:].split())) >= least and len("".join(right.split())) >= least


def _cost(text: str, start: int, end: int) -> int:
    """Size of a piece in the unit of ``_LIMIT``."""
    core = "".join(text[start:end].split())
    if core.isascii():
        return len(core) * _ALPHABET_COST
    wide = len(_CJK_WIDE.findall(core))
    return len(core) * _ALPHABET_COST + wide * (_CJK_COST - _ALPHABET_COST)


def _fit(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a sentence until each piece is within the limit."""
    while end - start > _SAFE_LENGTH:
        if end - start <= _SAFE_ALPHABET and not _CJK_WIDE.search(text, start, end):
            break
        if end - start < _COUNTED_LENGTH and _cost(text, start, end) <= _LIMIT:
            break
        cut = _cut_point(text, start, end)
        if cut >= end:
            break
        piece = _trim(text, start, cut)
        if piece is not None:
            yield piece
        rest = _trim(text, cut, min(end, cut + 64)) or _trim(text, cut, end)
        if rest is None:
            return
        start = rest[0]
    yield start, end


def _cut_point(text: str, start: int, end: int) -> int:
    """Where to cut a sentence: ``end`` if it fits, else after its last clause mark within the limit, if that leaves no
    scrap, else before its last white space, else at the limit."""
    cost, clause, space = 0, 0, 0
    for at in range(start, end):
        char = text[at]
        if char.isspace():
            space = at
            continue
        cost += _CJK_COST if char > "⺀" and _CJK_WIDE.match(char) else _ALPHABET_COST
        if cost > _LIMIT:
            break
        if char in _CLAUSE and cost >= _LIMIT // 3:
            clause = at + 1
    else:
        return end
    if clause:
        return clause
    if space - start > _SCRAP:
        return space
    base = at
    while at - base < _LONGEST_CLUSTER and _JOINED.match(text, base):
        base -= 1  # do not part a combining mark or a joined emoji from its base
    return base if at - base < _LONGEST_CLUSTER else at


def _join_scraps(text: str, pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join pieces that are too short or hold no letter to the piece before, or else after, within the limit."""
    if len(pieces) < 2:
        return pieces
    joined: list[tuple[int, int]] = []
    carried: int | None = None  # start of a scrap that waits for the piece after it
    for start, end in pieces:
        left = start
        if carried is not None:
            if _cost(text, carried, end) <= _LIMIT:
                left = carried
            else:
                joined.append(_trim(text, carried, start) or (carried, start))
            carried = None
        if not _is_scrap(text, left, end):
            joined.append((left, end))
        elif joined and _cost(text, joined[-1][0], end) <= _LIMIT:
            joined[-1] = (joined[-1][0], end)
        else:
            carried = left
    if carried is not None:
        joined.append((carried, pieces[-1][1]))
    return joined


def _is_scrap(text: str, start: int, end: int) -> bool:
    if end - start > 40:
        return False
    core = "".join(text[start:end].split())
    return len(core) < _SCRAP or not any(map(str.isalnum, core))
