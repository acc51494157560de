"""Language by script first, by words second, by a statistical model last."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable
from typing import Final

TESTED_LANGUAGES: Final = frozenset({"en", "zh-Hans", "zh-Hant"})

_SAMPLE: Final = 1500  # characters that are looked at; the language of longer texts does not change after them
_HAN: Final = re.compile(r"[\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_KANA: Final = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\uff66-\uff6f\uff71-\uff9d]")
_HANGUL: Final = re.compile(r"[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")
_BOPOMOFO: Final = re.compile(r"[\u3105-\u312f]")
_ANY_SCRIPT: Final = re.compile(  # a character that one of the patterns for scripts other than Latin matches
    "[\u0370-\u058f\u0590-\u06ff\u0750-\u077f\u0900-\u09ff\u0b80-\u0bff\u0e00-\u0e7f\u10a0-\u11ff\u1f00-\u1fff"
    "\u3005\u3007\u3041-\u3096\u30a1-\u30fa\u3131-\u318e\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
    "\ufb50-\ufdff\ufe70-\ufefc\uff66-\uff9d\U00020000-\U0003ffff]"
)
_LATIN: Final = r"A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
_LATIN_WORD: Final = re.compile(rf"[{_LATIN}]+(?:['’][{_LATIN}]+)?")
_NOISE: Final = re.compile(
    r"https?://[!-~]+|www\.[!-~]+|(?<![\w.+-])[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]+|[@#][A-Za-z0-9_]+|&[a-z]{2,6};"
)
# The same without addresses, which take most of the time: a text without "x@y" holds none.
_NOISE_BUT_MAIL: Final = re.compile(
    r"[hw@#&](?:(?<=h)ttps?://[!-~]+|(?<=w)ww\.[!-~]+|(?<=[@#])[A-Za-z0-9_]+|(?<=&)[a-z]{2,6};)"
)
_MAIL: Final = re.compile(r"@(?<=[A-Za-z0-9._+-]@)[A-Za-z0-9.-]")
# Letters of which only one case is in _LATIN, and one whose lower case is two characters.
_UNLIKE_LOWER: Final = re.compile("[\u0130\u0181-\u01b7\u023a-\u0245\u212a\u212b\u2c7e\u2c7f]")
_SCRIPTS: Final = (
    (re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]"), "el"),
    (re.compile(r"[\u0590-\u05ff]"), "he"),
    (re.compile(r"[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]"), "ar"),
    (re.compile(r"[\u0400-\u04ff]"), "ru"),
    (re.compile(r"[\u0e00-\u0e7f]"), "th"),
    (re.compile(r"[\u0900-\u097f]"), "hi"),
    (re.compile(r"[\u0980-\u09ff]"), "bn"),
    (re.compile(r"[\u0b80-\u0bff]"), "ta"),
    (re.compile(r"[\u0530-\u058f]"), "hy"),
    (re.compile(r"[\u10a0-\u10ff]"), "ka"),
)


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# Characters of Big5's rarer half that only Cantonese and Taiwanese writing uses, and forms that GB 2312 lacks.
_REGIONAL_HANT: Final = "嘅咗喺嘢冇啲哋佢嚟攞揾搵睇噉咁瞓嗰妳牠祂啱喎啫嘥"
# In GB 2312 but not in Big5, and yet no sign of the simplified script: Hong Kong writes them too.
_NOT_HANS: Final = "着户卫説"
# Function words that hardly occur in other languages of the Latin script.
_ENGLISH: Final = _words(
    """
    the and of they with this that have not you were what would very it are been but our their your from which when
    my there she he his her i'm i've don't didn't can't won't it's couldn't wasn't because could should about will
    who had has just after before again never get got how why still any only than then thanks thank please service
    staff
    """
)
_OTHERS: Final = {
    "fr": _words(
        """
        le la les des une est et pas je vous nous très dans pour avec que qui sur c'est il elle ne plus mais mon ma du
        au aux ce cette sont été j'ai service bien tout
        """
    ),
    "de": _words(
        """
        der die das und ist nicht ich wir sie mit ein eine einen sehr war auf für den dem zu es auch aber nach noch
        wurde haben hat bei von mir kein keine wie sind im
        """
    ),
    "es": _words(
        """
        el la los las que y es no muy una un por con para mi me se en de del pero fue lo su más nos está al como todo
        nunca servicio atención
        """
    ),
    "it": _words("il lo la gli che è non molto una un per con mi si di del della ma sono come anche più ho nel"),
    "pt": _words("o a os as que e é não muito uma um por com para me se em de do da mas foi mais eu meu minha"),
    "nl": _words("de het een en is niet ik wij zij met van op voor dat was ze ook maar naar nog er geen bij"),
}
_LATIN_LANGUAGES: Final = _words("en fr de es it pt nl sv da nb no fi pl cs sk hu ro tr vi id ms ca hr sl et lv lt")
_SHORT: Final = 20  # letters; shorter texts tell the model too little
_FEW: Final = 4  # words
_LEAST_ENGLISH: Final = 0.12  # share of English function words that settles a text
_HINT_OF_ENGLISH: Final = 0.05  # and the share that does where no other language shows as many
_HESITATION: Final = 5.0  # least lead, in the model's log units, of another language over English in plain ASCII


def detect_language(text: str) -> str:
    """Return the BCP 47 tag of the language that most of ``text`` is written in.

    ``en``, ``zh-Hans``, ``zh-Hant`` (right on about ten characters), other languages as ``fr``, ``ja``, ``ko`` and so
    on, ``und`` where there is no letter. Chinese without any character that only one script has counts as ``zh-Hans``.
    Deterministic, and independent of other texts.
    """
    sample = text[:_SAMPLE]
    if not any(map(str.isalpha, sample)):
        return "und"
    if not sample.isascii():
        tag = _by_script(sample)
        if tag is not None:
            return tag
    return _latin(sample)


def _by_script(text: str) -> str | None:
    """The tag where a script other than Latin decides, else None."""
    if not _ANY_SCRIPT.search(text):
        return None
    han = _HAN.findall(text)
    kana = len(_KANA.findall(text))
    hangul = len(_HANGUL.findall(text))
    latin = len(_LATIN_WORD.findall(_quiet(text)))
    if kana > 1 and kana * 8 >= len(han) and kana + len(han) >= latin:
        return "ja"
    if hangul and hangul >= len(han) and hangul >= latin:
        return "ko"
    if han and len(han) >= latin:
        return _chinese(text, han)
    best, most = None, 0
    for pattern, tag in _SCRIPTS:
        count = len(pattern.findall(text))
        if count > most:
            best, most = tag, count
    return best if most >= 2 and most >= 3 * latin else None


def _quiet(text: str) -> str:
    """``text`` without addresses, tags and entities."""
    if "@" in text or "#" in text or "&" in text or "://" in text or "www." in text:
        return (_NOISE if "@" in text and _MAIL.search(text) else _NOISE_BUT_MAIL).sub(" ", text)
    return text


def _chinese(text: str, han: list[str]) -> str:
    lead = sum(map(_script_signs().get, han, itertools.repeat(0)))
    if lead == 0:
        return "zh-Hant" if "「" in text or _BOPOMOFO.search(text) else "zh-Hans"
    return "zh-Hant" if lead > 0 else "zh-Hans"


@functools.cache
def _script_signs() -> dict[str, int]:
    """-1 for characters that only simplified writing uses, 1 for those that only traditional writing does.

    The two national character sets tell: GB 2312 was made for the one script, Big5's first level (5,401 common
    characters) for the other. Checked against OpenCC's conversion tables: of the simplified characters found so, the
    conversion leaves unchanged only rare ones (names of elements, fish, tools) and those in ``_NOT_HANS``.
    """
    lows = [*range(0x40, 0x7F), *range(0xA1, 0xFF)]
    gb = _characters("gb2312", 0xB0A1, 0xF7FE, range(0xA1, 0xFF))
    common = _characters("big5", 0xA440, 0xC67E, lows)
    big5 = common | _characters("big5", 0xC940, 0xF9D5, lows)
    hans, hant = gb - big5 - set(_NOT_HANS), common - gb | set(_REGIONAL_HANT)
    return dict.fromkeys(hans - hant, -1) | dict.fromkeys(hant - hans, 1)


def _characters(codec: str, first: int, last: int, lows: Iterable[int]) -> set[str]:
    """What the two-byte codes ``first`` to ``last`` of a character set stand for."""
    codes = (high << 8 | low for high in range(first >> 8, (last >> 8) + 1) for low in lows)
    return {code.to_bytes(2, "big").decode(codec, "ignore") for code in codes if first <= code <= last} - {""}


def _latin(text: str) -> str:
    quiet = _quiet(text)
    if quiet.isascii() or not _UNLIKE_LOWER.search(quiet):
        words = _LATIN_WORD.findall(quiet.lower().replace("’", "'"))
    else:
        words = [word.lower().replace("’", "'") for word in _LATIN_WORD.findall(quiet)]
    if not words:
        return "en" if _LATIN_WORD.search(text) else _unknown(text)
    english = sum(map(_ENGLISH.__contains__, words))
    if english >= max(2, _LEAST_ENGLISH * len(words)):
        return "en"
    scores = {tag: sum(map(known.__contains__, words)) for tag, known in _OTHERS.items()}
    top = max(scores.values())
    if english > top and english >= _HINT_OF_ENGLISH * len(words):
        return "en"
    if sum(map(len, words)) < _SHORT:
        best = [tag for tag, score in scores.items() if score == top]
        plain = all(map(str.isascii, words))
        if top > english and (top >= 2 or not plain) and len(best) == 1:
            return best[0]
        if plain and (top <= english or len(words) < _FEW):
            return "en"
    return _model(" ".join(words), english)


def _model(text: str, english: int) -> str:
    """The statistical model's first choice among languages of the Latin script; English where it hesitates."""
    from py3langid import rank

    ranked = {tag: score for tag, score in rank(text) if tag in _LATIN_LANGUAGES}
    best: str = max(ranked, key=ranked.__getitem__)
    if best == "en" or (text.isascii() and ranked[best] - ranked["en"] < _HESITATION * (1 + english)):
        return "en"
    return best


def _unknown(text: str) -> str:
    for pattern, tag in _SCRIPTS:
        if pattern.search(text):
            return tag
    if _HAN.search(text):
        return _chinese(text, _HAN.findall(text))
    if _KANA.search(text):
        return "ja"
    return "ko" if _HANGUL.search(text) else "und"
