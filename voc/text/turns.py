"""Conversations: speaker prefixes at line starts become turns."""

from __future__ import annotations

import re
from typing import Final

from voc.documents import Turn

_CUSTOMER: Final = (
    r"customer|client|user|guest|caller|passenger|visitor|consumer|member|patient|buyer|shopper|subscriber|me"
    "|客户|客戶|顾客|顧客|用户|用戶|买家|買家|乘客|旅客|客人|住客|来电人|來電人|来电者|來電者"
    "|会员|會員|患者|访客|訪客|消费者|消費者"
)
_AGENT: Final = (
    r"customer[ \t]+(?:service|support|care)|agent|rep|representative|support|operator|advisor|adviser|staff"
    r"|bot|chatbot|assistant|service|employee|clerk|csr|consultant|specialist|moderator|host|seller|helpdesk"
    "|在线客服|在線客服|人工客服|智能客服|机器人客服|客服人员|客服人員|客服专员|客服專員|客服|坐席|座席|专员|專員"
    "|卖家|賣家|商家|店家|机器人|機器人|店员|店員|员工|員工|话务员|話務員|接线员|接線員|值机员|值機員"
    "|助手|小助手|顾问|顧問|经理|經理"
)
_OTHER: Final = "system|系统|系統|note|备注|備註"
# [10:03] or (10:03:22) or [2026-11-02 10:03:22] or a bare 10:03 before the speaker
_STAMP: Final = (
    r"(?:[\[(【（][ \t]*(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}[ T])?\d{1,2}[:：]\d{2}(?:[:：]\d{2})?[ \t]*"
    r"(?:[AaPp][Mm])?[\])】）][ \t]*|\d{1,2}:\d{2}(?::\d{2})?[ \t]+(?:-[ \t]+)?)?"
)
# "Agent Maria:", "Agent (Maria):", "Customer 2:", "客服小美："
_NAME: Final = (
    r"(?:[ \t]*[(（][^()（）\n]{1,30}[)）]|[ \t]*#?\d{1,6}"
    r"|[ \t]+[A-Z][\w.'’-]{0,20}(?:[ \t]+[A-Z][\w.'’-]{0,20})?|[一-龥]{1,4})?"
)
_PREFIX: Final = re.compile(
    rf"^[ \t\u3000\ufeff]*{_STAMP}(?P<bold>\*\*|__)?"
    rf"(?P<speaker>(?i:(?P<agent>{_AGENT})|(?P<customer>{_CUSTOMER})|(?P<other>{_OTHER})){_NAME})"
    r"(?(bold)(?:\*\*|__)?)[ \t]*[:：](?(bold)(?:\*\*|__)?)[ \t\u3000]*",
    re.MULTILINE,
)


def parse_turns(text: str) -> tuple[Turn, ...]:
    """Split a conversation into turns by its speaker prefixes (``Customer:``, ``[10:03] Agent Maria:``, ``客服：``).

    A line without a prefix continues the turn before it. Offsets leave out the prefix and outer white space; turns are
    ordered, do not overlap and are not empty. Text before the first prefix is a turn of its own: the customer's where
    no prefix names one, else ``other``. Returns () where no line starts with a known role.
    """
    marks = list(_PREFIX.finditer(text))
    if not marks:
        return ()
    turns: list[Turn] = []
    named = any(mark["customer"] for mark in marks)
    _append(turns, text, "other" if named else "customer", 0, marks[0].start(), None)
    for number, mark in enumerate(marks):
        role = "agent" if mark["agent"] else "customer" if mark["customer"] else "other"
        end = marks[number + 1].start() if number + 1 < len(marks) else len(text)
        _append(turns, text, role, mark.end(), end, mark["speaker"].strip())
    return tuple(turns)


def _append(turns: list[Turn], text: str, role: str, start: int, end: int, speaker: str | None) -> None:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end = start + len(piece.strip())
    if end > start:
        turns.append(Turn(role, start, end, speaker))
