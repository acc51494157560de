"""Telephone numbers: international ones by the library phonenumbers, national ones of mainland China, Taiwan, Hong
Kong, the United Kingdom and North America by their shapes. A number that is called an order, flight or case is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from voc.privacy.found import END, START, Found, compiled

MARK: Final = "[phone]"
_GAP: Final = r"[ .-]{0,2}"
_EXTENSION: Final = r"(?: ?(?:x|ext\.?|extension|转|轉|分机|分機|#) ?\d{1,6})?"
_ABROAD: Final = compiled(
    rf"(?<![A-Za-z0-9])(?:\+ ?"
    rf"|{START}00)[1-9]\d{{0,2}}[ .-]?(?:\(0?\d{{1,4}}\)[ .-]?)?\d(?:{_GAP}\d){{5,12}}(?!\d){_EXTENSION}"
)
_NATIONAL: Final = (
    compiled(rf"{START}(?:86{_GAP})?1{_GAP}[3-9](?:{_GAP}\d){{9}}{END}"),  # mainland mobile
    compiled(rf"{START}(?:400|800)-?\d{{3}}-?\d{{4}}{END}"),  # mainland service lines
    compiled(  # an area code with its 0, then six to eight digits in at most three groups
        rf"{START}(?:\(0[1-9]\d{{0,4}}\)|0[1-9]\d{{0,4}}(?=[ -])|0[1-9]\d(?=\d{{7,8}}(?!\d)))[ -]{{0,2}}"
        rf"\d{{2,4}}[ -]?\d{{3,4}}(?:[ -]?\d{{1,4}})?{_EXTENSION}{END}"
    ),
    compiled(rf"{START}09\d{{2}}[ -]?\d{{3}}[ -]?\d{{3}}{END}"),  # Taiwan's mobiles
    compiled(rf"{START}0[1-9]\d{{2,3}}[ -]?\d{{6,7}}{_EXTENSION}(?![A-Za-z0-9_])(?!-\d)"),  # all in one
    compiled(rf"{START}0(?: \d){{8,11}}{END}"),  # spaced out
    compiled(
        rf"{START}(?:1[ .-]|001[ .-])?(?:\([2-9]\d{{2}}\) ?|[2-9]\d{{2}}[-. ])\d{{3}}[-. ]\d{{4}}{_EXTENSION}{END}"
    ),  # North America
)
_WORDS: Final = (
    r"(?:\b(?:tel|telephone|phone|mobile|cell|call|ring|dial|whatsapp|fax|text|contact|reach"
    r"|sms|number is|my number|line|landline)\b"
    r"|电话|電話|手机|手機|微信|致电|致電|联系|聯絡|聯繫|回电|回電|座机|座機|热线|熱線|打给|打給|号码|號碼)"
)
_BETWEEN: Final = (
    r"(?:\s|[:：#.,，(（\"“'-]|是|为|為|我|你|您|号|號|码|碼|方式|\b(?:number|no|is|me|us|on|at|back|my|the"
    r"|him|her|via|by|to|or)\b){0,10}"
)
_CALLED: Final = compiled(
    rf"{_WORDS}{_BETWEEN}(?P<number>\(?\d(?:[ .()-]{{0,2}}\d){{6,13}}){_EXTENSION}{END}", re.IGNORECASE
)
_EIGHT: Final = compiled(  # Hong Kong's, which a range of years or prices resembles
    rf"(?<![$¥€£\d.,])(?<![$¥€£\d] ){START}(?P<left>[235-9]\d{{3}})[ -](?P<right>\d{{4}}){END}"
    r"(?!\s?(?:元|块|塊|dollars|bucks|usd|hkd))",
    re.IGNORECASE,
)
_DATE: Final = compiled(r"\d{4}[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./ ]\d{1,2}[-./ ]\d{4}")
_YEAR: Final = compiled(r"(?:19|20)\d{2}")
# The number right after one of these words is that thing's, not a person's.
_THING: Final = compiled(
    r"(?:\b(?:order|ref|reference|tracking|booking|reservation|confirmation|ticket|e-?ticket|case|invoice|flight|parcel"
    r"|consignment|shipment|waybill|awb|air ?waybill|policy|claim|pnr|item|sku|imei|serial"
    r"|voucher|receipt|transaction|batch"
    r"|complaint|incident|contract|membership|meter|model|barcode|isbn|docket|log|customer|client|delivery|quote"
    r"|po|rma|id)"
    r"|订单|訂單|单号|單號|运单|運單|快递|快遞|包裹|编号|編號|受理|工单|工單|案件|流水|航班|机票|機票|票号|票號|取件|取货|取貨"
    r"|提货|提貨|保单|保單|发票|發票|合同|合約|合约|序列|货号|貨號|物流|编码|編碼|交易|单据|單據|会员|會員|批号|批號|条码|條碼"
    r"|凭证|憑證|案号|案號|报修|報修|投诉|投訴|预约|預約|型号|型號|凭条|商品|代码|代碼)"
    r"(?:\s|[#:：.,，(（\"“'\-–]|号|號|码|碼|单|單|为|為|是|s\b|\b(?:no|nos|nr|num|number|numbers|id|code"
    r"|is|was|of|the|my|our|and|or)\b){0,12}$",
    re.IGNORECASE,
)
_LOOK_BACK: Final = 48


def phones(text: str) -> Iterator[Found]:
    """Telephone numbers of ``text`` (plain form)."""
    for match in _ABROAD.finditer(text):
        if not is_of_a_thing(text, match.start()) and _is_possible(match[0]):
            yield Found(match.start(), match.end(), MARK)
    for pattern in _NATIONAL:
        for match in pattern.finditer(text):
            digits = sum(map(str.isdecimal, re.split("[x转轉分#e]", match[0], maxsplit=1)[0]))
            if 8 <= digits <= 13 and not _DATE.fullmatch(match[0]) and not is_of_a_thing(text, match.start()):
                yield Found(match.start(), match.end(), MARK)
    for match in _CALLED.finditer(text):
        if not _DATE.fullmatch(match["number"]) and not is_of_a_thing(text, match.start("number")):
            yield Found(match.start("number"), match.end(), MARK)
    for match in _EIGHT.finditer(text):
        left, right = match["left"], match["right"]
        years = _YEAR.fullmatch(left) and _YEAR.fullmatch(right)
        prices = left.endswith("0") and right.endswith("0")  # 5000-6000
        if not years and not prices and not is_of_a_thing(text, match.start()):
            yield Found(match.start(), match.end(), MARK)


def is_of_a_thing(text: str, start: int) -> bool:
    """Whether the words before ``start`` call the number there an order's, a parcel's, a flight's or a case's."""
    return _THING.search(text[max(0, start - _LOOK_BACK) : start]) is not None


def _is_possible(number: str) -> bool:
    """Whether the country named has numbers of this length (phonenumbers, Google's libphonenumber)."""
    import phonenumbers

    given = "+" + number[2:] if number.startswith("00") else number
    try:
        reason = phonenumbers.is_possible_number_with_reason(phonenumbers.parse(given))
    except phonenumbers.NumberParseException:
        return False
    return reason == phonenumbers.ValidationResult.IS_POSSIBLE  # not: possible within one town
