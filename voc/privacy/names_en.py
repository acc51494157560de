"""Names of people in English text: word lists and the words around a name.

A first name that is no other word is a name wherever it stands with a capital. One that is also a word (Will, May,
Grace), a place or a brand (Austin, Wendy's) needs a title, a family name, or words that speak of a person. A name on
no list is found where somebody says who speaks, behind a title, and in a signature.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from voc.privacy.found import Found, compiled
from voc.privacy.words import English, english

MARK: Final = "[name]"
_TOKEN: Final = compiled(r"(?<![\w@#/'-])[A-ZÀ-Þ][A-Za-zÀ-ÿ]{0,40}(?:[-'][A-Za-zÀ-ÿ]{1,40}){0,3}(?![\w@])")
_TITLE: Final = compiled(
    (
        r"(?<!\w)(?:mr|mrs|ms|miss|mx|messrs|prof|professor|doctor|dr|madam|mdm|captain|sergeant"
        r"|officer|sister|nurse|uncle|aunt|auntie)\b\.? $"
    ),
    re.IGNORECASE,
)
_SIR: Final = compiled(r"(?<!\w)(?:Sir|Lady|Lord|Dame|Father|Rev|Fr|Nan|Granny|Brother|Chef) $")
_INTRODUCED: Final = compiled(  # whoever follows is a person, on a list or not
    r"(?:\b(?:my|his|her|whose|full|their) name(?:'s| is| was)?:? |\bnames? ?(?::|is|was|'s) ?"
    r"|\b(?:i am|i'm|it is|it's) (?:called|named) |\bnamed |\bby the name of |\bname of "
    r"|\bsigned by |\bspel(?:led|t) (?:me |my name )?(?:as |with )?['\"“]?"
    r"|\b(?:name tag|badge)(?: said| read)?,? )$",
    re.IGNORECASE,
)
_GREETED: Final = compiled(  # whoever follows is a person where a list has the name, whatever else it means
    r"(?:\b(?:hello|hi|hey|dear|morning|afternoon|evening|g'day|bye|goodbye|thanks|thank you"
    r"|cheers|sorry|congratulations|welcome|ta),? (?:again,? )?"
    r"|\b(?:spoke|speaking|speak|talked|talking|chatted|chatting|dealt|served|helped|assisted"
    r"|greeted|told|handled|informed|advised|met|asked|emailed|thank|thanked)"
    r" (?:to |with |by |for )?(?:a |an )?|\b(?:waiter|waitress|waiters|server|manager"
    r"|manageress|agent|host|hostess|driver|technician|engineer|supervisor|"
    r"colleague|rep|representative|advisor|adviser|operator|bartender|barman|owner|chef"
    r"|husband|wife|son|daughter|friend|staff|stewardess|steward|lady|guy|gentleman|girl"
    r"|person|lad|lass|chap|man|woman|boss"
    r"|assistant|attendant|receptionist|officer|clerk|neighbour|neighbor|flatmate|cousin"
    r"|sister|brother|boyfriend|girlfriend|fiance|partner|nephew|niece|president|team"
    r" (?:leader|member)),? (?:\(|called |named )?"
    r"|\b(?:this is|is this|is that|it's|it was|i'm|i am|here is|ask for|asked for|called"
    r"|thanks to|thank you to|shout ?out to|kudos to|credit to|props to|mention to|compliments"
    r" to|especially|particularly|namely|regards,?) )$",
    re.IGNORECASE,
)
_SPEAKS: Final = compiled(r" (?:speaking|here)(?=[,.!?;:]|$| from\b| at\b| again\b| how\b)|, how (?:can|may)\b")
_THIS_IS: Final = compiled(r"\b(?:this is|you're through to|you are through to) $", re.IGNORECASE)
_GOOD_DAY: Final = compiled(r"\b(?:good )?(?:morning|afternoon|evening),? $", re.IGNORECASE)
_DOES: Final = compiled(
    r"(?:,? (?:the|our|my|a|your) (?:\w+ )?(?:waiter|waitress|server|manager|agent|host"
    r"|hostess|driver|technician|engineer|owner|chef|barman|bartender|supervisor|receptionist"
    r"|rep)\b"
    r"| \((?:the |our )?(?:waiter|waitress|server|manager|host|hostess|owner)| (?:who )?(?:was"
    r"|has been|is|were) (?:so |very |really |extremely |super |absolutely |such |most "
    r"|amazing|brilliant|fantastic|great|excellent|lovely|wonderful|helpful|friendly|our|my"
    r"|the best)"
    r"| (?:served|helped|assisted|answered|explained|told|greeted|looked after|took care"
    r"|sorted|went above|rang|called|emailed|replied|said|asked|came|knows|knew|advised"
    r"|informed|apologi[sz]ed|hung|transferred)\b)"
)
_ROLE: Final = compiled(
    r"(?:,? (?:the|our|my|a|your)| was (?:our|my|the)) (?:\w+ )?(?:waiter|waitress|server"
    r"|manager|agent|host|hostess|driver|technician|engineer|barman|receptionist)\b"
)
_PLACE: Final = compiled(
    r"(?:'s)? ?(?:International |Central |North |South |East |West )?(?:Airport|Airlines?"
    r"|Airways|Air|Street|St\b|Road|Rd\b|Avenue|Ave\b|Lane|Drive|Hotel|Hospital|Station|Bridge"
    r"|Stadium|Cent(?:re|er)|Park|School|Univ|College|Bank|Lounge"
    r"|Building|Tower|Square|County|City|Restaurant|Bar\b|Cafe|Café|Grill|Inn\b|Pub\b|Hall"
    r"|House|Court|Market|Mall|Shop|Store|Island|Beach|Bay|Lake|River|Mount|Valley|Hill|Pier"
    r"|Quay|Plaza|Terrace|Gardens|Church|Cathedral|Museum|Theatre|Theater"
    r"|Group|Inc\b|Ltd|LLC|Corp|Bros|& |and Co\b|and Sons|Brewery|Pizza|Kitchen|Insurance"
    r"|Mortgage|Financial|Mutual|Law\b|Act\b|Line\b|Arms\b|Row\b|Cross\b|Club)"
)
_AN_AIRPORT: Final = compiled(r" (?:airport|lounge|terminal|hotel|restaurant|branch|county|city)\b")
_PLACE_BEFORE: Final = compiled(
    r"(?:\b(?:St|Saint|San|Santa|Port|Fort|Mount|Lake|New|North|South|East|West|Great|Upper"
    r"|Lower|Royal|King|Queen|Hotel|Terminal)\.? |& )$"
)
_CLOSING: Final = compiled(
    (
        r"(?:\b(?:regards|sincerely|faithfully|truly|yours|cheers|thanks|thank you|love|best"
        r"|wishes|greetings|respectfully|cordially|hope)\b[,.!]?\s{0,4}[-–]?\s{0,2}"
        r"|\n\s{0,4}[-–]?\s{0,2})$"
    ),
    re.IGNORECASE,
)
_LOWER: Final = compiled(
    r"\b(?:my name is|my name's|name is|this is|named|speaking with|speaking to|spoke to|spoke"
    r" with|thanks to|thank you|thanks|ask for|agent|hello|hi)"
    r" (?P<name>[a-z]{3,20}(?:-[a-z]{2,20})?)(?: (?P<last>[a-z]{2,20}))?\b"
)
_SIGNED_LOWER: Final = compiled(r"(?:^|\n)[ \t]{0,4}(?P<name>[a-z]{3,20})(?: (?P<last>[a-z]{1,20}))?[ \t.]{0,4}$")
_INITIALS: Final = compiled(
    r"(?<![\w.&])(?:[A-Z]\. ?|[A-Z]-[A-Z]\.?"
    r" ){1,3}(?P<last>[A-Z][a-z]{2,20}(?:-[A-Z][a-z]{1,20})?)(?![\w&])"
)
_SIGNED: Final = compiled(
    r"(?:\n|[.,!?…][ \n]{1,3})[ \t]{0,4}[-–]?[ \t]{0,2}(?P<name>[A-Z](?:-[A-Z])?\.?"
    r" [A-Z][a-z]{1,20}(?:-[A-Z][a-z]{1,20})?|[A-Z]-[A-Z]\.?(?: [A-Z]\.?)?)\s{0,8}$"
)
_GAP: Final = compiled(r" (?:[A-Z]\.? )?|, (?=[A-Z])")
_BACK, _AHEAD = 40, 48


class _Word(NamedTuple):
    start: int
    end: int
    low: str  # without 's
    sure: bool
    first: bool
    last: bool
    titled: bool  # a family name, a word or not
    frequent: bool  # a frequent family name
    shouted: bool  # all in capitals
    known: bool  # an ordinary word, place or brand


def names(text: str) -> Iterator[Found]:
    """Names of people of ``text`` (plain form), English ones."""
    lists = english()
    words = [_word(match, lists) for match in _TOKEN.finditer(text)]
    at = 0
    told: set[str] = set()  # names that are on no list, found once by the words around them
    famous = 0
    while at < len(words):
        if known := _FAMOUS.match(text, words[at].start):
            famous = known.end()
        count = 0 if words[at].start < famous else _name_at(text, words, at)
        if count:
            yield Found(words[at].start, words[at + count - 1].end, MARK)
            told |= {
                word.low for word in words[at : at + count] if not word.known and not word.sure and len(word.low) > 3
            }
        at += count or 1
    if told:
        yield from (Found(word.start, word.end, MARK) for word in words if word.low in told)
    for match in _INITIALS.finditer(text):
        last = match["last"].lower()
        if last in lists.last or (
            last.split("-")[0] not in lists.words and last not in lists.others and last not in lists.first
        ):
            yield Found(match.start(), match.end(), MARK)
    if signed := _SIGNED.search(text, max(0, len(text) - 60)):
        yield Found(signed.start("name"), signed.end("name"), MARK)
    yield from _lower(text, lists)


def _word(match: re.Match[str], lists: English) -> _Word:
    given = match[0][:-2] if match[0].endswith(("'s", "'S")) else match[0]
    low, end = given.lower(), match.start() + len(given)
    parts = low.split("-")
    shouted = len(given) > 1 and given.isupper()  # where all is in capitals, they tell nothing
    sure = any(part in lists.sure for part in parts) and not shouted
    known = low in lists.others or parts[0] in lists.words or (len(parts) > 1 and len(parts[0]) < 3 and not sure)
    known = known or shouted or parts[0] == "st" or ("'" in low[:3] and low[:2] not in {"o'", "d'"})
    return _Word(
        match.start(),
        end,
        low,
        sure,
        parts[0] in lists.first,
        any(part in lists.last for part in parts),
        parts[0] in lists.every_last,
        low in lists.frequent,
        shouted,
        known,
    )


def _name_at(text: str, words: list[_Word], at: int) -> int:
    """How many words from ``words[at]`` on are one name; 0 if none begins there."""
    word = words[at]
    if word.known and not word.first and not word.titled:
        return 0
    before = text[max(0, word.start - _BACK) : word.start]
    if _PLACE_BEFORE.search(before):
        return 0
    full = _with_family(text, words, at, _INTRODUCED.search(before) is not None)
    end = words[at + full - 1].end
    if _TITLE.search(before) and (not word.known or word.first or (word.titled and len(word.low) > 2)):
        return full
    if _SIR.search(before) and word.first:
        return full
    after = text[end : end + _AHEAD]
    if _PLACE.match(after) or _AN_AIRPORT.match(after) or _FAMOUS_BEFORE.search(before):
        return 0
    if word.sure:
        return 0 if before.endswith(("the ", "The ")) and full == 1 else full
    if word.first and word.low not in english().never and not word.shouted:
        two = full > 1 and (word.low in english().personal or word.low not in english().others)
        return full if two or _is_of_a_person(word, before, after) else 0
    if not word.known and (_is_introduced(before, after) or _signs(text, word, end, before)):
        return full
    if not word.known and _turned(text, words, at):
        return 2
    return full if word.last and _signs(text, word, end, before) else 0


def _is_of_a_person(word: _Word, before: str, after: str) -> bool:
    """Whether the words around a first name that has another meaning, too, speak of a person."""
    if (_GREETED.search(before) or _INTRODUCED.search(before)) and _ends(after):
        return True
    if _SPEAKS.match(after) or _ROLE.match(after) or (not word.known and _DOES.match(after)):
        return True
    return "\n" in before and _CLOSING.search(before) is not None and not after.strip(" .!,\n")


def _is_introduced(before: str, after: str) -> bool:
    """Whether somebody says here who speaks: what follows is a name, though it be on no list."""
    if _INTRODUCED.search(before) or _SPEAKS.match(after):
        return True
    if _THIS_IS.search(before) and after.startswith((".", ",", "!", "?", " at ", " from ")) and _is_an_answer(before):
        return True
    return _GOOD_DAY.search(before) is not None and after[:1] in {".", "!"}


def _signs(text: str, word: _Word, end: int, before: str) -> bool:
    """Whether the name is the last line, under a greeting or alone."""
    alone = "\n" in before and not text[end : end + _AHEAD].strip(" .!,\n") and len(text) - end < _AHEAD
    return alone and word.end - word.start > 2 and _CLOSING.search(before) is not None


# Firms, drinks, airports and the like that are called by a person's name.
_FAMOUS: Final = compiled(
    r"(?:Alexander [Tt]he|Gordon Rams|King David|Ben Gurion|Charles de|Charles Schwab|Jack Daniel|Johnn(?:y|ie) Walker"
    r"|John Lewis|John F|John Wayne|Morgan Stanley|Wells Fargo|Jim Beam|Earl Grey|Ben & Jerry|Ben"
    r" and Jerry"
    r"|Aston Martin|Mary Kay|Warner|Levi Strauss|Ernst|Louis Vuitton|Louis Tavern|Hugo Boss"
    r"|Calvin Klein|Ralph Lauren|Tommy Hilfiger|Michael Kors|Kate Spade|Jimmy Choo|Paul Smith"
    r"|Ted Baker|Miles\b|Merrill Lynch"
    r"|Thomas Cook|Fannie Mae|Freddie Mac|Sallie Mae|Lloyds|Mary Berry|Jamie's|Jamie Oliver"
    r"|Wagamama|Franco Manca|Joe & |Harry Potter|Sherlock)"
)
_FAMOUS_BEFORE: Final = compiled(
    r"(?:\bBloody|\bVirgin|\bHoly|\bSilver|\bfull|\b[Mm]c[Dd]onnell|\bKoh|\bLos|\bDon't|\bJ\.?P\.?|\bLiberty"
    r"|\bFirst|\bRoyal|\bCredit|\bBank of|\bChâteau|\bEggs) $"
)


def _ends(after: str) -> bool:
    """Whether a name that is also a word can end here: no further word of a phrase ("Hope this helps") follows."""
    return (
        not after
        or after[0] in '.,!?;:)\n-"'
        or after.startswith((" and ", " was ", " is ", " who ", " from ", " at ", " for ", " & ", " in ", "'s "))
    )


def _is_an_answer(before: str) -> bool:
    """Whether "this is X" opens what somebody says at the telephone."""
    return (
        re.search(
            (
                r"(?:^|[:,.!?\n] ?|\b(?:hello|morning|afternoon|evening|hi|desk|line|support|cards"
                r"|billing)\b,? ?)(?:this is|you're through to|you are through to) $"
            ),
            before,
            re.IGNORECASE,
        )
        is not None
    )


def _with_family(text: str, words: list[_Word], at: int, introduced: bool) -> int:
    """1, or 2 or 3 where family names follow the word directly."""
    count = 1
    while at + count < len(words) and count < 3:
        here, there = words[at + count - 1], words[at + count]
        gap = text[here.end : there.start]
        if gap != " " and not re.fullmatch(r" [A-Z]\.? ", gap):
            break
        if there.known and not there.frequent:
            break
        if not (there.last or there.sure or not there.known or there.frequent):
            break
        if (
            not words[at].sure
            and not introduced
            and not there.last
            and not (there.frequent and words[at].low in english().personal)
        ):
            break
        count += 1
    if (
        count > 1
        and not words[at].sure
        and words[at].known
        and words[at + 1].known
        and words[at].low not in english().personal
        and words[at].low in english().others
    ):
        return 1
    return count


def _turned(text: str, words: list[_Word], at: int) -> bool:
    """Whether "Tollbeck, Callum." stands here: the family name first, as forms have it."""
    if at + 1 >= len(words):
        return False
    word, there = words[at], words[at + 1]
    if text[word.end : there.start] not in {", ", ". "} or not there.first:
        return False
    told = (
        there.sure
        or word.last
        or re.search(r"(?:^|[.:!?,\n] ?|\bis |'s )$", text[max(0, word.start - 4) : word.start]) is not None
    )
    return told and text[there.end : there.end + 1] in {"", ".", "\n", "!", "?"}


def _lower(text: str, lists: English) -> Iterator[Found]:
    """Names without capitals, beside words that leave no doubt."""
    for pattern in (_LOWER, _SIGNED_LOWER):
        for match in pattern.finditer(text, 0 if pattern is _LOWER else max(0, len(text) - 60)):
            if match["name"].split("-")[0] not in lists.sure:
                continue
            last = match["last"]
            family = last and (
                last in lists.last or last in lists.frequent or (len(last) == 1 and pattern is _SIGNED_LOWER)
            )
            yield Found(match.start("name"), match.end("last" if family else "name"), MARK)
