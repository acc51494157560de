"""Titles of people in Chinese text (simplified script), and the family names, nicknames and half-hidden names that
stand before one. The lists were read against hospital reviews (traditional script) and letters to officials (simplified
script), 2026-11-22."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from voc.privacy.words import chinese

_PLAIN: Final = -4.0  # what a family name costs at most that is no everyday word
# Of a trade or an office: before these a space may stand.
_TRADES: Final = (
    r"(?:副|主治|住院|实习|专科|代理|助理|总)?"
    r"(?:医生|医师|大夫|护士长|护理长|护士|护理师|药剂师|药师|技师|放射师|检验师|医检师|治疗师|营养师|心理师|谘商师|咨商师"
    r"|个管师|专师|老师|教授|讲师|校长|教练|主任|院长|所长|处长|科长|局长|股长|组长|队长|班长|店长|厂长|站长|馆长|行长|机长|乘务长|书记|干事|主席"
    r"|秘书|律师|法官|检察官|警官|警员|社工师?|经理|总监|主管|顾问|督导|专员|工程师|设计师|管家"
    r"|[市县区镇乡村厅部]长(?![时期久远度途大达短安沙江城乐住]))"
)
TITLES: Final = (
    r"(?:"
    + _TRADES
    + r"|先生|女士|小姐|太太|师傅|阿姨|叔叔|大哥|大姐|老板娘|老板|妈妈|爸爸|同学|师父|师姐|师兄|客服|伯伯|婆婆"
    r"|总|哥|姐"
    r"|[太生](?=[，。！？、:：]))"
)
AFTER: Final = re.compile(TITLES)
SPACED: Final = re.compile(r"[ \u3000]{1,2}" + _TRADES)
_PREFIXED: Final = re.compile(r"副|主治|住院|实习|专科|代理|助理")
# Family names that stand before a title as other words, too: "那先生", "和医生", "于经理" after 由.
_NOT_ALONE: Final = (
    "位时和向应那都来成从于全解有能该关强连查单包任还展项保安班利"
    "明路边宁常齐水衣官商计原乐车冷花满文盛木房景台马大金客银党"
)
# Everyday words, too, that are names before a title where a phrase begins: "马局长好", "产科的于大夫".
_AT_A_START: Final = (
    "马高方石金白江万叶田任文常安牛章路齐舒盛项曲阳卫景司宁华车吉丘古迟冷练仲乐扬沙谷康毛于夏云池邸鄂米左"
)
_STARTS: Final = r"(?:(?<![\u4e00-\u9fff])|(?<=尊敬的)|(?<=感谢|谢谢)|(?<=[的科给找请跟是挂]))"
_HIDDEN: Final = r"[*＊@〇○◯Ｏ０某XxOo0Q×□_]{1,3}"
_WHO_ARE_CALLED_SO: Final = (
    r"(?:员工|男子|女子|男|女|店员|服务员|客户|顾客|乘客|旅客|司机|驾驶|患者|病患|民众|志工|房东|住户|业者|职员|人员)"
)
_BEFORE_A_NICKNAME: Final = (
    r"(?:经理|主任|店长|客服|护士|护理师|师傅|主管|组长|同事|专员|销售|顾问|店员|前台|导购|中介|管家|保安|快递员|骑手"
    r"|技师|司机|队长)"
)
# Makers, restaurants and places that are called as a person would be.
_BRANDS: Final = re.compile(
    r"康师傅|毛主席|马大姐(?:糖|喜糖|食品)|田老师红烧肉|李先生(?:牛肉面|加州)|白大夫(?:面膜|美白)"
)


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    families = chinese().families
    alone = _any(f for f in families if len(f) == 1 and f not in _NOT_ALONE)
    some = _any(f for f, cost in families.items() if len(f) == 1 and cost > _PLAIN)
    double = "|".join(sorted(f for f in families if len(f) == 2))
    return (
        re.compile(rf"(?<![\u4e00-\u9fff]姓)(?P<name>{double}|{alone})(?P<title>{TITLES})"),
        re.compile(rf"{_STARTS}(?P<name>[{_AT_A_START}]){_TRADES}"),
        re.compile(rf"(?P<name>{double}|{some})[ \u3000]{{1,2}}{_TRADES}"),
        re.compile(rf"(?P<name>{double}|{some})姓(?=[男女]?{TITLES}|{_WHO_ARE_CALLED_SO})"),
        re.compile(rf"(?P<name>{some}(?!姓)[\u4e00-\u9fff]?{_HIDDEN}[\u4e00-\u9fff]??)(?=[ \u3000]?[男女]?{TITLES})"),
        re.compile(rf"{_BEFORE_A_NICKNAME}(?P<name>[小老阿]{some})(?![\u4e00-\u9fff]?[姐妹弟哥吃])"),
    )


def _any(chars: Iterable[str]) -> str:
    return "[" + "".join(sorted(chars)) + "]"


def before_titles(text: str) -> Iterator[tuple[int, int]]:
    """Spans of names of ``text`` that a title, or one's trade, gives away; whole names are found elsewhere."""
    for pattern in _patterns():
        for match in pattern.finditer(text):
            start, end = match.span("name")
            if _BRANDS.match(text, start) or is_inside_a_word(text, start, end, match.end()):
                continue
            title = match.groupdict().get("title")
            if title and _PREFIXED.match(title) and chinese().families[match["name"]] <= _PLAIN:
                continue  # 白|主治医师
            yield start, end


def cuts_a_title(text: str, end: int) -> bool:
    """Whether a title of several characters begins before ``end`` and ends behind it: 林小|姐."""
    title = AFTER.match(text, end - 1)
    return title is not None and title.end() > end


def is_inside_a_word(text: str, start: int, end: int, stop: int) -> bool:
    """Whether the name makes a word with what stands before ("由于先生" has none called 于), or with what follows."""
    words = chinese().words
    left = text[start - 1 : end] if start else ""
    return (len(left) > 1 and words.get(left, -99.0) > -12.5) or (
        end - start == 1 and words.get(text[start : start + 2], -99.0) > -11.0 and stop == end + 1
    )
