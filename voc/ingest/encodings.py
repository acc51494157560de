"""Which encoding a text file is written in: decided over the whole file, told to the user where it is not UTF-8.

A byte order mark decides. Else a file that decodes as UTF-8 is UTF-8; one with more rows in UTF-8 than rows that are
not is UTF-8 with bad rows. Else the candidates are decoded and scored by how much of what comes out is common writing.
"""

from __future__ import annotations

import codecs
import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from voc.errors import InputError

HINT: Final = "save the file as UTF-8 (in a spreadsheet: 'CSV UTF-8') and run again"
_HEAD: Final = 1 << 16
_PIECE: Final = 1 << 20  # bytes of a line that are looked at at once
_SAMPLE: Final = 1 << 18  # bytes of lines outside ASCII that candidates are scored on
_LEAST: Final = 0.45
_MARK: Final = "\udc80"
_BINARY: Final = (
    (b"PK\x03\x04", "a workbook or archive"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3\x00", "a database"),
    (b"\xd0\xcf\x11\xe0", "an old office file"),
)
# Frequent characters of Chinese in both scripts: two thirds of any text, and little of what a wrong decoding gives.
_COMMON: Final = frozenset(
    "的一是了我不人在有他这中大来上个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小么心多天而能好都然没日于起还发成事"
    "只作当想看文无开手用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把法此实回二理点月明其种声全工己话者向情部正名定女"
    "问力机给等几很业最间新什打便位因重被走电四第门相次东政口使西再平真听信气少关并内加由却先五太水万市眼体别处总才场师书比住员性通报立马"
    "命张活难数件安表原车白应路期死常提感金何更反放做系计或司利受王果及界今务解各任至清物台象记共风接它许八特觉直服毛建统色字请交让认算论吃科六"
    "這來個說們為時會對過後麼沒還發當無開見經頭動兩長樣現將與進實點種聲話者間問機給幾業電門東聽氣關並內萬體別處總場師書員報馬張難數車應變"
    "計務記風許覺統請讓認論單號訂錢貨質價題買賣評級換復態飯間務務廳網線費賬戶員滿壞謝嗎啊吧呢嗎喔唉哦非常差評客服服務態度酒店房间早餐味道快递"
    "送餐质量价格不错推荐希望问题退款等待态度分钟小时电话联系投诉经理前台入住环境干净舒服便宜贵屏幕书买卖单号订钱货评级换复饭厅网线费账户满坏谢吗"
    "內容編號姓名日期時間留言主題評論星級來源城市地區產品類別内容编号主题评论评分时间来源地区产品类别标题標題備註备注反馈反饋建议建議"
)
_PUNCTUATION: Final = frozenset("，。！？、；：（）《》“”‘’…—～「」『』【】·　" + "０１２３４５６７８９")
_WESTERN: Final = frozenset(
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿŒœŠšŽžŸ‘’“”–—…•€£¥§©®°«»¿¡´½¼™ºª \xa0"
)


class Encoding(NamedTuple):
    """``codec`` is Python's name, ``name`` the one for people; ``choice`` a line for them, empty for UTF-8."""

    codec: str
    name: str

    @property
    def choice(self) -> str:
        """What to tell of it."""
        return "" if self.name == "UTF-8" else f"encoding: {self.name}"


UTF8: Final = Encoding("utf-8-sig", "UTF-8")
_GB: Final = Encoding("gb18030", "gb18030")
_BIG5: Final = (Encoding("big5", "big5"), Encoding("cp950", "big5"), Encoding("big5hkscs", "big5"))
_WEST: Final = Encoding("cp1252", "cp1252")
_UTF16: Final = (Encoding("utf-16-le", "utf-16-le"), Encoding("utf-16-be", "utf-16-be"))


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return _MARK, error.end


ERRORS: Final = "voc-mark"
"""Name of the error handler that puts a lone surrogate where bytes do not decode, whatever the encoding."""
codecs.register_error(ERRORS, _mark)


def detect(path: Path, data: bytes | None = None) -> Encoding:
    """The encoding of the text file ``path``. Reads it once, whatever its size, and holds a sample. ``data`` is its
    content where it was read before.

    Raises InputError where it is no text, is empty or is in none of UTF-8, UTF-16, GB18030, Big5 and cp1252.
    """
    try:
        if data is None:
            with path.open("rb", buffering=0) as file:
                head = file.read(_HEAD)
        else:
            head = data[:_HEAD]
        if (known := _by_head(path.name, head)) is not None:
            return known
        if len(head) < _HEAD and _is_utf8(head):  # all of it
            return UTF8
        with path.open("rb") if data is None else io.BytesIO(data) as file:
            good, bad, sample = _survey(file.readline)
    except OSError as error:
        raise InputError(
            f"{path.name} cannot be read: {error.strerror or error}", "check the name and the permissions"
        ) from error
    if good >= bad:
        return UTF8
    best = max(_scores(sample), key=lambda item: item[0])
    if best[0] >= _LEAST:
        return best[1]
    if good:
        return UTF8
    raise InputError(f"{path.name} is not UTF-8, and no other encoding fits it", HINT)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _by_head(name: str, head: bytes) -> Encoding | None:
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        raise InputError(f"{name} is empty", "name a file with at least one document")
    for magic, what in _BINARY:
        if head.startswith(magic):
            raise InputError(f"{name} is {what}, not text", "export it as CSV or JSONL in UTF-8")
    if head.startswith(codecs.BOM_UTF8):
        return None  # its rows may be bad all the same
    if head.startswith(codecs.BOM_UTF16_LE) or head.startswith(codecs.BOM_UTF16_BE):
        return Encoding("utf-16", "utf-16")
    if head.count(0) * 100 < len(head):  # every comma and line end of UTF-16 holds one
        return None
    even = head[: len(head) // 2 * 2]
    score, found = max(((_plain(even, one), one) for one in _UTF16), key=lambda item: item[0])
    if score >= 0.45:
        return found
    if head.count(0) * 10 > len(head):
        raise InputError(f"{name} is not text (it is full of zero bytes)", HINT)
    return None


def _plain(data: bytes, encoding: Encoding) -> float:
    """Share of characters that are ASCII or frequent, 0..1; 0 where there is no ASCII, as every table has."""
    counts = Counter(data.decode(encoding.codec, ERRORS))
    ascii_ = sum(count for char, count in counts.items() if "\t" <= char <= "~")
    if not ascii_:
        return 0.0
    frequent = sum(count for char, count in counts.items() if char in _COMMON | _PUNCTUATION | _WESTERN)
    return (ascii_ + frequent) / sum(counts.values())


def _survey(readline: Callable[[int], bytes]) -> tuple[int, int, bytes]:
    """Lines outside ASCII that are UTF-8, those that are not, and a sample of the latter."""
    good = bad = size = 0
    sample: list[bytes] = []
    continued = False
    while line := readline(_PIECE):
        whole, was_continued = line.endswith(b"\n"), continued
        continued = not whole and len(line) == _PIECE
        if line.isascii():
            continue
        text = line.lstrip(bytes(range(0x80, 0xC0))) if was_continued else line
        try:
            text.decode("utf-8")
        except UnicodeDecodeError as error:
            if continued and error.end >= len(text) - 3:
                good += 1  # the piece ends inside a character
                continue
            bad += 1
            if size < _SAMPLE:
                sample.append(line[: _SAMPLE - size])
                size += len(sample[-1])
            continue
        good += 1
    return good, bad, b"".join(sample)


def _scores(sample: bytes) -> list[tuple[float, Encoding]]:
    big5 = min(_BIG5, key=lambda one: sample.decode(one.codec, ERRORS).count(_MARK))
    return [
        (_han_score(sample, _GB, b"\xb0", b"\xd8"), _GB),
        (_han_score(sample, big5, b"\xa4", b"\xc7"), big5),
        (_western_score(sample), _WEST),
    ]


def _han_score(sample: bytes, encoding: Encoding, first: bytes, after: bytes) -> float:
    """Half the share of frequent characters, half the share of the encoding's own first level (lead byte from
    ``first`` to before ``after``), 0..1; what does not decode counts fivefold against it."""
    counts = Counter(char for char in sample.decode(encoding.codec, ERRORS) if char >= "\x80")
    bad, total = counts.pop(_MARK, 0), 0
    common = level = 0
    for char, count in counts.items():
        total += count
        written = char.encode(encoding.codec, "ignore")
        ordinary = char in _PUNCTUATION
        common += count * (ordinary or char in _COMMON)
        in_level = len(written) == 2 and first <= written[:1] < after and (first != b"\xb0" or written[1] >= 0xA1)
        level += count * (ordinary or in_level)
    return (common + level) / 2 / total - 5 * bad / (total + bad) if total else 0.0


def _western_score(sample: bytes) -> float:
    """Share of the characters outside ASCII that are Western letters or signs and stand alone or in pairs, 0..1."""
    text = sample.decode(_WEST.codec, ERRORS)
    total = fine = run = 0
    for char in text:
        if char < "\x80":
            run = 0
            continue
        total += 1
        run += 1
        fine += (char in _WESTERN) and run == 1
        if run == 2:
            fine -= char not in "”’»"  # Chinese in a Western guise comes in runs
    return max(0.0, fine / total) if total else 0.0


def guess(data: bytes) -> Encoding:
    """The likeliest encoding of ``data``, a short text without a byte order mark of which no encoding is known: UTF-8
    where it decodes, else the best of GB18030, Big5 and cp1252. Never fails; ``ERRORS`` decodes what is left over."""
    if _is_utf8(data):
        return UTF8
    return max(_scores(data[:_SAMPLE]), key=lambda item: item[0])[1]
