"""Single values of a source: numbers, ratings, channels, language tags."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Final

from voc.documents import CHANNELS

TEXT_LIMIT: Final = 1_000_000  # characters of one text or other value; more is a file that went wrong, not feedback
EXCERPT: Final = 200

_NUMBER: Final = re.compile(r"[-+]?\d{1,15}(?:\.\d{1,15})?", re.ASCII)
_MONEY: Final = re.compile(
    r"[-+]?(?:[$€£¥]|US\$|NT\$|HK\$|RMB|CNY|USD)?\s*(\d{1,3}(?:,\d{3})+|\d{1,15})(\.\d{1,15})?\s*(?:元|USD|CNY|RMB)?",
    re.ASCII,
)
_RATING: Final = re.compile(
    r"(\d{1,3}(?:\.\d{1,2})?)\s*(?:/\s*\d{1,3}|out of \d{1,3}(?: stars)?|stars?|分|星|颗星|顆星)?",
    re.ASCII | re.IGNORECASE,
)
_STARS: Final = re.compile(r"([★⭐]\ufe0f?)+\s*☆*")
_TAG: Final = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def _words(**lines: str) -> dict[str, str]:
    """Word -> key, from key="word|word"."""
    return {word: key.replace("_", "-") for key, line in lines.items() for word in line.split("|")}


_CHANNEL_WORDS: Final = _words(
    review="reviews|rating|评论|評論|评价|評價",
    email="e-mail|mail|emails|邮件|郵件|电邮|電郵",
    letter="letters|fax|postal mail|来信|來信|信件",
    call="phone|telephone|calls|voice|电话|電話",
    chat="live chat|livechat|webchat|chats|messenger|whatsapp|wechat|微信|聊天|在线客服|線上客服",
    survey="surveys|questionnaire|nps|问卷|問卷|调查|調查",
    post="posts|tweet|twitter|social|social media|facebook|forum|weibo|微博|帖子|社交媒体|社群",
)
_LANGUAGES: Final = _words(
    en="english|eng|英语|英文|英語",
    fr="french",
    de="german",
    es="spanish",
    ja="japanese",
    ko="korean",
    zh_Hans="simplified chinese|chinese simplified|简体中文|简体",
    zh_Hant="traditional chinese|chinese traditional|繁體中文|繁體",
)


def clean(text: str) -> str:
    """Lone surrogates, which no file can hold, become U+FFFD one for one, so that offsets stay."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def excerpt(value: object) -> str:
    """At most 200 characters of ``value`` for a reject."""
    return clean(str(value)[:EXCERPT])


def is_number(value: str) -> bool:
    """Whether ``value`` is a plain decimal number."""
    return _NUMBER.fullmatch(value.strip()) is not None


def parse_rating(value: str) -> float | None:
    """``4``, ``4.5/5``, ``5 stars``, ``★★★☆☆``, ``4星`` -> the number; None for anything else."""
    value = unicodedata.normalize("NFKC", value).strip()
    match = _RATING.fullmatch(value)
    if match:
        return float(match[1])
    if _STARS.fullmatch(value):
        return float(value.count("★") + value.count("⭐"))
    return None


def parse_money(value: str) -> float | None:
    """``$1,200.50`` -> 1200.5; None for anything that is no number or not finite."""
    match = _MONEY.fullmatch(unicodedata.normalize("NFKC", value).strip())
    if match is None:
        return None
    number = float(match[1].replace(",", "") + (match[2] or ""))
    number = -number if value.strip().startswith("-") else number
    return number if math.isfinite(number) else None


def parse_channel(value: str) -> str | None:
    """One of ``voc.documents.CHANNELS``, None where ``value`` names none of them."""
    value = value.strip().lower().replace("_", " ")
    return value if value in CHANNELS else _CHANNEL_WORDS.get(value)


def parse_language(value: str) -> str | None:
    """A BCP 47 tag with Chinese told apart by script (``zh_TW`` -> ``zh-Hant``); None where ``value`` is no tag or
    leaves the script open (``zh``), so that the text has to tell."""
    value = value.strip()
    if not value or value.lower() in ("und", "unknown", "other", "auto"):
        return None
    if value.lower() in _LANGUAGES:
        return _LANGUAGES[value.lower()]
    tag = value.replace("_", "-")
    tag = tag.partition("-")[0].lower() + "".join(tag.partition("-")[1:])
    if _TAG.fullmatch(tag) is None:
        return None
    base, _, rest = tag.lower().partition("-")
    if base in ("zh", "cmn", "yue"):
        if rest.startswith(("hant", "tw", "hk", "mo")):
            return "zh-Hant"
        return "zh-Hans" if rest.startswith(("hans", "cn", "sg", "my")) else None
    return "en" if base == "en" else tag
