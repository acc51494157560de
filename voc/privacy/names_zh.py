"""Names of people in Chinese text, both scripts: family names with a title, names that somebody gives, and full names.

Full names are found by the cheapest way to cut a run of characters into words of a dictionary and names (the method of
Zhang and Liu 2002, "Chinese person name recognition by role tagging", in its plainest form): a name
wins only where its characters are dearer as words, so that 高兴, 方便, 周末 and 王牌 stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from voc.privacy.found import Found
from voc.privacy.titles_zh import AFTER, SPACED, TITLES, before_titles, cuts_a_title, is_inside_a_word
from voc.privacy.words import chinese

MARK: Final = "[name]"
_HAN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff·]{2,}")
_BASE: Final = -8.0  # a name in running text
_SINGLE: Final = -4.0  # more, where the given name has one character
_UNKNOWN: Final = -3.5  # a character that is on no list, beside a character that is
_ALONE: Final = 3.0  # where nothing else stands between two marks
_SAID: Final = 8.0  # where the words before say that a name follows, or the word behind is a title
_STRANGE: Final = -16.0  # a character that the dictionary has not
_LONGEST: Final = 4
_WINDOW: Final = 400  # a run without any mark is cut into pieces of so many characters

_ADDRESSED: Final = r"(?<![\u4e00-\u9fff])(?P<name>%s)(?:先生|女士|小姐|太太)"
_OWN: Final = r"(?:我姓|敝姓|免贵姓|贵姓|(?<!百)姓)(?P<name>%s)(?![名氏])"
_SPEAKER: Final = (
    r"(?:我是|我叫|我系|我係|名叫|叫做|署名|客服|那位|这里是|在线客服|小编|组的|线上的"
    r"|联系)[“「『‘\"]?(?P<name>[小阿老][\u4e00-\u9fff]|[\u4e00-\u9fff]{2})(?=[，。！？、,.!?：:；\s”」』’\"]"
    r"|$|说|的|，)"
)
_CALLED: Final = (
    r"(?<![\u4e00-\u9fff])(?P<name>阿[\u4e00-\u9fff]|[\u4e00-\u9fff]{2}(?=师傅|老师|姐|哥|你好|您好"
    r"|妹妹))(?=[：:,，]|师傅|老师|姐|哥|你好|您好|妹妹)"
)
_NICK: Final = (
    r"(?P<name>[小老]%s)(?=[，。！？、,.!?：:；\s]|$|说|在|来|给|和|跟|也|有|才|都|站|去|找|可以|帮|这|那|我|你|您|搬|不|没|会|一"
    r"|把|又|从|是|就|刚|家|的)"
)
_INTRO: Final = re.compile(
    r"(?:我叫|我是|名字是|名字叫|姓名|名叫|叫做|本人|联系人|收件人|收货人|申辩人|客户|用户|户名|敝人|我系|我係|承租人|经办人|投诉人|乘客|旅客|顾客|会员"
    r"|患者|病人|家长|签收人|抬头|叫)[是为叫：:“「『]?$"
)
# What follows a name that is a place's, a firm's or a road's.
_PLACE: Final = re.compile(
    r"路|街|道|大道|大街|镇|村|站|县|区|市|桥|山|湖|小区|大厦|酒店|宾馆|饭店|馆|科技|公司|集团|学校|小学|中学|大学|学院|医院|机场|广场|公园|花园|城"
    r"|庭|府|苑|店|牌|场|银行|寺|庙|港|岛|湾|码头|葡萄酒|地产|物业|楼盘|餐厅|火锅|烤鸭|包子|面馆|快递|工学|镇|乡|社区|楼|冲|坪|塘|段|新村|安置|置区|白路|学站"
)
_FREQUENT_WORD: Final = -11.5
_SELDOM_WORD: Final = -13.0
_RARE_WORD: Final = -15.0
_SAID_ALONE: Final = -11.2  # below: characters that are hardly a word by themselves (诚 -11.3, but 吵 -11.0)
_WORDLIKE: Final = -8.0  # below: family names that are everyday words
_NOT_GIVEN: Final = frozenset(
    "的了已姓后看却和与是在不也都就还又很被把给让向到有来去没说叫请要会能这那位个们某女男老科"
)
# Towns, books and brands that are built like names.
_NOT_NAMES: Final = frozenset(
    (
        *(
            "岳阳",
            "邵阳",
            "康康",
            "白夜行",
            "鄂伦春",
            "康师傅",
            "王老吉",
            "许留山",
            "张裕",
            "周大福",
            "周生生",
            "谢瑞麟",
        ),
        *(
            "唐诗",
            "丁香莲",
            "李宁",
            "李锦记",
            "马应龙",
            "王致和",
            "陈麻花",
            "江小白",
            "温馨",
            "安利",
            "高德",
            "万达",
            "万科",
            "金龙鱼",
        ),
        *("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    )
)


_ADVERBS: Final = frozenset(
    [
        "刚刚",
        "天天",
        "一直",
        "一样",
        "一个",
        "一些",
        "一次",
        "一起",
        "一点",
        "一定",
        "一共",
        "一般",
        "一家",
        "一方",
        "一天",
        "一年",
        "一位",
        "一下",
    ]
)


def names(text: str) -> Iterator[Found]:
    """Names of people of ``text`` (plain form), Chinese ones."""
    simple = _simplified(text)
    for start, end in [*_by_cutting(simple), *_by_words(simple), *before_titles(simple)]:
        yield Found(start, end, MARK)


def _simplified(text: str) -> str:
    """``text`` in simplified script, one character for one."""
    simple: str = _converter().convert(text)
    if len(simple) == len(text):
        return simple
    return "".join(new if len(new := _converter().convert(char)) == 1 else char for char in text)


@cache
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    families = chinese().families
    single = "[" + "".join(sorted(f for f in families if len(f) == 1)) + "]"
    double = "|".join(sorted(f for f in families if len(f) == 2))
    nick = "[" + "".join(sorted(f for f, cost in families.items() if len(f) == 1 and cost > -4)) + "]"
    return (
        re.compile(_ADDRESSED % single),
        re.compile(_OWN % f"(?:{double}|{single})"),
        re.compile(_NICK % nick),
        re.compile(_SPEAKER),
        re.compile(_CALLED),
    )


def _by_words(text: str) -> Iterator[tuple[int, int]]:
    """Names of one's own, and nicknames."""
    lists = chinese()
    addressed, own, nick, speaker, called = _patterns()
    for pattern in (addressed, own, nick):
        for match in pattern.finditer(text):
            if pattern is nick and match["name"] in lists.words:
                continue
            if not is_inside_a_word(text, match.start("name"), match.end("name"), match.end("name") + 1):
                yield match.span("name")
    for pattern in (speaker, called):
        for match in pattern.finditer(text):
            name = match["name"]
            if name[0] in "小阿老":
                likely = name not in lists.words or (name[0] == "小" and lists.words[name] < -13)
                likely = likely and name[1] not in "姐妹弟哥姨伯公婆们的是时人事孩子"
            else:
                likely = name not in lists.words and all(char in lists.given for char in name)
                likely = likely and not cuts_a_title(text, match.end("name"))
            if likely:
                yield match.span("name")


def _by_cutting(text: str) -> Iterator[tuple[int, int]]:
    candidate = _candidate()
    for run in _HAN.finditer(text):
        for start in range(run.start(), run.end(), _WINDOW):
            piece = text[start : min(start + _WINDOW, run.end())]
            ends = start + len(piece) == run.end() and SPACED.match(text, run.end()) is not None
            if ends or candidate.search(piece):
                said = _INTRO.search(text, max(0, start - 8), start) is not None
                yield from ((start + a, start + b) for a, b in _cut(piece, said, ends))


@cache
def _candidate() -> re.Pattern[str]:
    """A family name, and a character of given names behind it or one further."""
    lists = chinese()
    single = "".join(sorted(f for f in lists.families if len(f) == 1))
    double = "|".join(sorted(f for f in lists.families if len(f) == 2))
    given = "".join(sorted(lists.given))
    return re.compile(f"[{single}].?[{given}]|{double}|[{single}][\u4e00-\u9fff]{{2}}{TITLES}")


def _cut(piece: str, said: bool, ends: bool) -> list[tuple[int, int]]:
    """The names in the cheapest way to cut ``piece``; ``said``: the words before it announce a name; ``ends``: a title
    stands behind it."""
    words = chinese().words
    size = len(piece)
    best = [0.0] * (size + 1)
    step: list[tuple[int, bool]] = [(size, False)] * (size + 1)
    for at in range(size - 1, -1, -1):
        score = words.get(piece[at], _STRANGE) + best[at + 1]
        choice = (at + 1, False)
        for end in range(at + 2, min(at + _LONGEST, size) + 1):
            cost = words.get(piece[at:end])
            if cost is not None and cost + best[end] > score:
                score, choice = cost + best[end], (end, False)
        for end, cost in _names_from(piece, at, said, ends):
            if cost + best[end] > score:
                score, choice = cost + best[end], (end, True)
        best[at], step[at] = score, choice
    found, at = [], 0
    while at < size:
        end, is_name = step[at]
        if is_name:
            found.append((at, end))
        at = end
    return found


def _is_word(piece: str, at: int, end: int) -> bool:
    """Whether a name would be a word of the dictionary or a place, or cut one in two (也许|刚一, 龙丰安|置区)."""
    words, whole = chinese().words, piece[at:end]
    if whole in words or words.get(whole[:2], -99.0) > _SELDOM_WORD or whole[-1] in "镇路村站县港湾山部庭苑场":
        return True
    if words.get(piece[end - 1 : end + 1] if end < len(piece) else "", -99.0) > _FREQUENT_WORD:
        return True
    return at > 0 and words.get(piece[at - 1 : at + 1], -99.0) > _FREQUENT_WORD


def _is_titled(piece: str, at: int, first: int, end: int, ends: bool) -> bool:
    """Whether a title stands behind what may be a name. Where its characters or the family name are of everyday words,
    it must not be built of words itself (徐博奎, 连景峯; not 谢谢王, 万芳的)."""
    if AFTER.match(piece, end) is None and not (ends and end == len(piece)):
        return False
    lists, given = chinese(), piece[first:end]
    everyday = lists.families[piece[at:first]] <= _WORDLIKE
    known = [char in lists.given for char in given]
    if all(known) and not everyday:
        return True
    if len(given) != 2 or lists.words.get(given, -99.0) > _RARE_WORD or _is_word(piece, at, end):
        return False
    if _NOT_GIVEN.intersection(given):
        # 姚又诚; not 高又瘦 of 又高又瘦, nor 于又吵
        alone = given[1] not in _NOT_GIVEN and (known[1] or lists.words.get(given[1], -99.0) < _SAID_ALONE)
        return given[0] == "又" and alone and not everyday and piece[at - 1 : at] != "又"
    return any(known) or not everyday


def _names_from(piece: str, at: int, said: bool, ends: bool) -> Iterator[tuple[int, float]]:
    """Where names that begin at ``at`` can end, with what each costs."""
    lists = chinese()
    for family in (piece[at : at + 2], piece[at]) if piece[at : at + 2] in lists.families else (piece[at],):
        cost = lists.families.get(family)
        if cost is None:
            continue
        first = at + len(family)
        announced = (said and at == 0) or (at > 1 and _INTRO.search(piece, max(0, at - 5), at) is not None)
        for size in (1, 2):
            end = first + size
            if end > len(piece) or cuts_a_title(piece, end):
                continue
            costs = [lists.given.get(char) for char in piece[first:end]]
            whole = piece[at:end]
            titled = _is_titled(piece, at, first, end, ends)
            if None in costs and not titled and not (announced and end == len(piece)):
                continue
            if not titled and (whole in _NOT_NAMES or _PLACE.match(piece, end)):
                continue
            if not announced and not titled and _is_word(piece, at, end):
                continue
            total = _BASE + cost + sum(_UNKNOWN * 2 if one is None else one for one in costs)
            if size == 1 or piece[first:end] in _ADVERBS:
                total += _SINGLE
            elif lists.words.get(piece[first:end], -99.0) > _FREQUENT_WORD:
                total += _SINGLE  # 张贵宾卡: the given name would be an everyday word
            if announced or titled:
                total += _SAID
            elif at == 0 and end == len(piece):
                total += _ALONE
            yield end, total
