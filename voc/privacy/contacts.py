"""Mail addresses, IP addresses, handles and ids of messengers."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Final

from voc.privacy.found import Found, compiled

EMAIL, IP, HANDLE = "[email]", "[ip]", "[handle]"
# Searched from the sign outwards: a pattern that began with the local part would try every place of a long word.
_AT: Final = compiled(r"@|\s?[\[(]\s?at\s?[\])]\s?", re.IGNORECASE)
_LOCAL: Final = compiled(r"[A-Za-z0-9._%+-]+\Z")
_DOMAIN: Final = compiled(
    r"[A-Za-z0-9-]{1,63}(?:(?:\.|\s?[\[(]\s?dot\s?[\])]\s?)[A-Za-z0-9-]{1,63}){1,8}", re.IGNORECASE
)
_SPELT: Final = compiled(
    (
        r"(?<![A-Za-z0-9._])[A-Za-z0-9]{1,40}(?:(?: dot |\.)[A-Za-z0-9]{1,40}){0,3} at"
        r" [A-Za-z0-9-]{1,40} dot (?:com|net|org|co|cn|tw|hk|uk|example|io)\b"
    ),
    re.IGNORECASE,
)
_V4: Final = compiled(
    r"(?<![\w.])(?<!v )(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d"
    r"|1?\d?\d)(?![\w]|\.\d)"
)
_VERSION: Final = compiled(
    r"(?:\bv|\bver|version|firmware|build|release|版本|版|固件|韌體)[ :：.]{0,3}$", re.IGNORECASE
)
_V6: Final = compiled(r"(?<![\w:])(?=[0-9A-Fa-f:]{0,4}:)[0-9A-Fa-f:]{2,39}(?:\.\d{1,3}){0,3}(?![\w:])")
_HANDLE: Final = compiled(
    r"(?<![\w@./+-])@(?P<name>(?=[0-9._]{0,28}[A-Za-z])[A-Za-z0-9_](?:[A-Za-z0-9_.]{0,28}[A-Za-z0-9_]))(?![A-Za-z0-9_@])"
)
# What stands for a handle where somebody took it out already, and addresses of a public office.
_NOBODY: Final = frozenset(
    [
        "user",
        "users",
        "username",
        "name",
        "someone",
        "everyone",
        "all",
        "here",
        "channel",
        "mention",
        "handle",
        "you",
        "me",
        "company",
    ]
)
_COMPANY: Final = compiled(
    (
        r"air|help|support|care|service|official|team|news|bank|mobile|telecom|media|hotel|delta"
        r"|united|jetblue|uk$|usa$|hq$|assist"
    ),
    re.IGNORECASE,
)
_MESSENGER: Final = compiled(
    r"(?:微信|薇信|加\s?[vV]|\b(?:wechat|weixin|wx|vx|qq|line|telegram|tg|instagram|insta|ig"
    r"|snapchat|skype|twitter|facebook|fb|tiktok|whatsapp|discord|kakao(?:talk)?)\b"
    r"|扣扣|小红书|小紅書|抖音|微博|支付宝|支付寶|推特|臉書|脸书)"
    r"\s?(?P<word>号码|號碼|号|號|账号|帳號|id|account|handle|name|昵称|暱稱)?\s?(?P<is>[:：=]|是|为|為|is|：)?\s?"
    r"(?P<name>@?[A-Za-z0-9](?:[A-Za-z0-9_.-]{3,28})[A-Za-z0-9_])(?![A-Za-z0-9_])",
    re.IGNORECASE,
)
_DIGIT: Final = compiled(r"\d")


def emails(text: str) -> Iterator[Found]:
    """Mail addresses of ``text`` (plain form), also those with "(at)" and "(dot)", or spelt out."""
    for match in _AT.finditer(text):
        local = _LOCAL.search(text, max(0, match.start() - 64), match.start())
        domain = _DOMAIN.match(text, match.end())
        if local and domain:
            yield Found(local.start(), domain.end(), EMAIL)
    if " dot " in text.lower():
        for match in _SPELT.finditer(text):
            yield Found(match.start(), match.end(), EMAIL)


def addresses(text: str) -> Iterator[Found]:
    """IP addresses, versions 4 and 6, of ``text`` (plain form)."""
    if text.count(".") >= 3:
        for match in _V4.finditer(text):
            if not _VERSION.search(text[max(0, match.start() - 12) : match.start()]):
                yield Found(match.start(), match.end(), IP)
    if text.count(":") >= 2:
        for match in _V6.finditer(text):
            if match[0].count(":") >= 2 and _is_v6(match[0]):
                yield Found(match.start(), match.end(), IP)


def _is_v6(text: str) -> bool:
    if "::" not in text and text.count(":") != 7 and "." not in text:
        return False  # a time of day
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return len(text) > 4 and _DIGIT.search(text) is not None


def handles(text: str) -> Iterator[Found]:
    """Names of accounts: ``@name``, unless a company's, and what a messenger's name introduces."""
    if "@" in text:
        for match in _HANDLE.finditer(text):
            name = match["name"].lower()
            if name not in _NOBODY and not _COMPANY.search(name):
                yield Found(match.start(), match.end(), HANDLE)
    for match in _MESSENGER.finditer(text):
        name = match["name"]
        told = match["word"] or match["is"]
        if (
            (_DIGIT.search(name) and (told or len(name) >= 6))
            or (told and "_" in name)
            or (match["word"] and match["is"])
        ):
            yield Found(match.start("name"), match.end("name"), HANDLE)
