"""Postal addresses: a street with a number (English, Chinese in both scripts), with what belongs to it: flat, floor,
town, postcode. A street or a building alone is a place, not where somebody lives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from voc.privacy.found import Found, compiled

MARK: Final = "[address]"
_CAP: Final = r"[A-Z][A-Za-z'-]{1,24}"
_KIND: Final = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Boulevard|Blvd|Way"
    r"|Terrace|Gardens|Walk|Close|Crescent|Square|Sq|Quay|Parade"
    r"|Row|Grove|Hill|Mews|Highway|Hwy|Parkway|Pkwy|Circle|Cir|Trail|Pike|Turnpike|Path|Park"
    r"|Plaza|Green|Rise|View|Vale|Wharf|Embankment|Alley|Broadway|Crossing|Heights)"
)
_UNIT: Final = (
    r"(?:[Ff]lat|[Aa]pt|[Aa]partment|[Uu]nit|[Ss]uite|[Rr]oom|[Rr]m|[Bb]lock|[Bb]lk|#)\.?"
    r" ?#?[A-Za-z]?\d[\w/-]{0,6}"
)
_FLOOR: Final = (
    r"(?:\d{1,2}(?:st|nd|rd|th)|[Gg]round|[Ff]irst|[Ss]econd|[Tt]hird|[Ff]ourth|[Ff]ifth"
    r"|[Ss]ixth|[Tt]op) [Ff]loor|\d{1,2}/F"
)
_POSTCODE: Final = r"[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}"
_STATE_ZIP: Final = r"[A-Z]{2},? \d{5}(?:-\d{4})?"
_TOWN: Final = rf"{_CAP}(?: {_CAP}){{0,2}}"
_SEP: Final = r"(?:,\s?|\s|\n)"
_TAIL: Final = rf"(?:,?\s(?:{_UNIT}|{_FLOOR}))?(?:,?\s{_TOWN})?(?:,?\s(?:{_POSTCODE}|{_STATE_ZIP}))?"
_ENGLISH: Final = (
    compiled(  # 12 Tamber Street, flat 3; Unit 5, 12 Tamber Street
        rf"(?<![\w.$£€#:/-])(?:{_UNIT}{_SEP})?\d{{1,5}}[A-Za-z]?(?:-\d{{1,4}})? (?:[NSEW]\.?"
        rf" )?(?:{_CAP} ){{1,4}}{_KIND}\b\.?(?:,?\s(?:{_UNIT}|{_FLOOR}))?"
        rf"(?:,\s?{_TOWN}){{0,2}}(?:,?\s(?:{_POSTCODE}|{_STATE_ZIP})(?!\w))?"
    ),
    compiled(  # whatever the street is called, a state with its zip code ends it
        rf"(?<![\w.$£€#:/-])(?:{_UNIT}{_SEP})?\d{{1,5}}(?: {_CAP}){{1,4}}(?: {_UNIT})?(?:,\s?"
        rf"|\n){_TOWN},? {_STATE_ZIP}(?!\w)"
    ),
    compiled(  # and so does a British postcode
        rf"(?<![\w.$£€#:/-])(?:(?:{_UNIT}|[Ss]tudio \d{{1,3}}\w?){_SEP})?(?:\d{{1,4}}[A-Za-z]?"
        rf" )?{_CAP}(?: {_CAP}){{0,3}}(?:(?:,\s?|\n){_TOWN}){{0,3}}(?:,\s?|\n| ){_POSTCODE}(?!\w)"
    ),
    compiled(  # Osier Quay 14, second floor; Tamber Street, number 112
        rf"\b(?:{_CAP} ){{1,3}}{_KIND}(?:,? [Nn]umber|,? [Nn]o\.?)? (?:\d{{1,4}}[A-Za-z]?"
        rf"|one-one-two)(?!\d|[:.]\d|,\d| ?(?:%|am\b|pm\b|years|months|days|weeks|times|minutes"
        rf"|hours|stars?\b|people|dollars|GB|MB))(?:,?\s(?:{_UNIT}|{_FLOOR}))?"
    ),
    compiled(rf"\b(?:{_CAP} ){{1,3}}{_KIND}, (?:{_UNIT}|{_FLOOR})"),  # Gull Terrace, ground floor
    compiled(r"\b(?:P\.? ?O\.? )Box \d{1,6}\b"),
    compiled(
        rf"(?i:\b(?:postcode|post code|postal code|zip(?: code)?)\b)[ :]{{1,3}}(?:is"
        rf" )?(?:{_POSTCODE}|\d{{5}}(?:-\d{{4}})?|\d{{6}})(?!\w)"
    ),
    compiled(
        r"\b(?:PSC|Unit|USNS|USS|USCGC|USNV) [\w ]{2,30}(?:,? Box \d{1,5})?(?:,\s?"
        r"|\s)(?:[DAF]PO) A[AEP] \d{5}"
    ),
)
_NUMBER: Final = r"[\d一二三四五六七八九十百零〇○甲乙丙丁A-Za-z]"
_PROVINCE: Final = (
    r"(?:北京|上海|天津|重庆|重慶|河北|山西|辽宁|遼寧|吉林|黑龙江|黑龍江|江苏|江蘇|浙江|安徽|福建|江西|山东|山東|河南|湖北|湖南|广东|廣東|海南|四川|贵州"
    r"|貴州|云南|雲南|陕西|陝西|甘肃|甘肅|青海|台湾|臺灣|台灣"
    r"|内蒙古|广西|廣西|西藏|宁夏|新疆|香港|澳门|澳門|台北|臺北|新北|桃園|台中|臺中|台南|臺南|高雄|基隆|新竹|嘉義|苗栗|彰化|南投|雲林|屏東|宜蘭|花蓮|台東|臺東|澎湖|金門|連江)"
)
_HAN: Final = r"[\u4e00-\u9fff]"
_INNER: Final = (
    rf"(?:{_NUMBER}{{1,6}}(?:[-－之]{_NUMBER}{{1,4}})?(?:号楼|號樓|号院|栋|棟|幢|座|单元|單元|弄|巷|楼|樓|层|層|室|房|户"
    rf"|戶|门|門|号|號|室)(?:之{_NUMBER}{{1,3}})?[A-Z]?)"
)
_NOT_IN_A_ROAD: Final = r"[在到住是去从從寄叫于於送的址来來我你您他她了这這那哪知]"
_AREA: Final = rf"(?:(?:(?!{_NOT_IN_A_ROAD}){_HAN}){{1,6}}(?:省|市|自治区|区|區|县|縣|镇|鎮|乡|鄉|街道))"
_ROAD: Final = rf"(?:(?!{_NOT_IN_A_ROAD}){_HAN}){{1,4}}"
_CHINESE: Final = (
    compiled(  # a road or an estate with a house number and what is in the house
        rf"(?:\d{{3,6}}\s)?(?:{_PROVINCE}(?:省|市)?)?{_AREA}{{0,3}}{_ROAD}(?:路|街|巷|弄|大道|胡同|碼頭|码头|花园"
        rf"|花園|小区|小區|新村|公寓|大厦|大廈|苑|邨)"
        rf"(?:[东西南北中東]?{_NUMBER}{{1,4}}[段巷弄])?[，, ]?{_INNER}(?:[，, ]?{_INNER}){{0,4}}(?:\s\d{{6}}(?!\d))?"
    ),
    compiled(  # what else a road may be called, with a number and a floor
        rf"{_AREA}{{0,3}}{_ROAD}[台道里村城坊阁閣](?:[东西南北中東]?{_NUMBER}{{1,4}}[段巷弄])?"
        rf"{_NUMBER}{{1,6}}[号號](?:之{_NUMBER}{{1,3}}|[，, ]?{_INNER}(?:[，, ]?{_INNER}){{0,3}})"
    ),
    compiled(  # province, city, district down to a street or a block
        rf"{_PROVINCE}(?:省|市|自治区|特别行政区|維吾爾自治區|维吾尔自治区|壮族自治区|回族自治区)?{_HAN}{{1,10}}(?:市|区|區|县|縣"
        rf"|旗){_HAN}{{1,12}}(?:路|街|巷|道|村|镇|鎮|弄|小区|花园|苑|里|乡|鄉)[A-Za-z]?{_NUMBER}{{0,5}}(?:座|号|號|栋|棟"
        rf"|室)?(?:\s\d{{6}}(?!\d))?"
    ),
    compiled(r"(?:邮编|郵編|邮政编码|郵遞區號|邮码)\s?[:：为是]?\s?\d{3,6}(?!\d)"),
)


def addresses(text: str) -> Iterator[Found]:
    """Postal addresses of ``text`` (plain form), both languages."""
    if _HAS_DIGIT.search(text):
        for pattern in _ENGLISH:
            for match in pattern.finditer(text):
                yield Found(match.start(), match.end(), MARK)
    elif "loor" in text:
        for match in _ENGLISH[4].finditer(text):
            yield Found(match.start(), match.end(), MARK)
    if not text.isascii():
        yield from _chinese(text)


def _chinese(text: str) -> Iterator[Found]:
    """Chinese addresses: looked for around what can be a road's end with a number, a province or a postcode."""
    last = 0
    for sign in _CHINESE_SIGN.finditer(text):
        if sign.start() < last:
            continue
        start, last = max(last, sign.start() - _BEFORE_SIGN), min(len(text), sign.end() + _AFTER_SIGN)
        for pattern in _CHINESE:
            for match in pattern.finditer(text, start, last):
                yield Found(match.start(), match.end(), MARK)


_HAS_DIGIT: Final = compiled(r"\d")
_CHINESE_SIGN: Final = compiled(
    rf"[路街巷弄道同頭头園园區区村寓廈厦苑邨台里城坊阁閣段][东西南北中東]?[，, ]?{_NUMBER}"
    rf"|{_PROVINCE}|[邮郵][编編政遞码]"
)
_BEFORE_SIGN, _AFTER_SIGN = 30, 60  # characters: the longest that the patterns take
