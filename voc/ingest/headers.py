"""What column headers mean, in English and both Chinese scripts."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER: Final = re.compile(r"[\W_]+")
_NUMBER: Final = re.compile(r"(?<=[a-z] )(?:no|nr|num)$")


def _names(*lines: str) -> tuple[str, ...]:
    return tuple(name for line in lines for name in line.split("|"))


# Whole headers, normalised, the best first. Each entry is one field of the canonical document.
NAMES: Final[dict[str, tuple[str, ...]]] = {
    "id": _names(
        "id|uuid|document id|review id|tweet id|post id|message id|comment id|complaint id|feedback id|record id",
        "response id|survey id|letter id|编号|編號|评论编号|評論編號|留言编号|留言編號|评论id|評論id|记录编号|記錄編號",
    ),
    "text": _names(
        "text|review text|review|comment|comments|content|body|message|feedback|narrative|transcript",
        "consumer complaint narrative|review body|review content|comment text|verbatim|description|complaint|tweet",
        "评论|評論|评论内容|評論內容|内容|內容|留言|留言详情|留言詳情|留言内容|留言內容|正文|文本|反馈|反饋|意见|意見",
        "评价|評價|评价内容|評價內容|投诉内容|投訴內容|来信内容|來信內容",
    ),
    "customer": _names(
        "customer|customer id|customer number|client|client id|user id|user|username|user name|member id|member",
        "member number|user number|account id|account number|account|author|author id|author name|reviewer|reviewer id",
        "reviewer name|passenger",
        "customer name|guest|guest name|email|e mail|customer email|客户|客戶|客户编号|客戶編號|客户号|顾客|顧客",
        "用户|用戶|用户名|用戶名|用户id|用戶id|会员|會員|会员号|會員編號|留言用户|留言用戶|买家|買家|姓名",
    ),
    "channel": _names("channel|feedback channel|source channel|渠道|来源渠道|來源渠道|通路|管道"),
    "language": _names("language|lang|locale|review language|语言|語言|语种|語種"),
    "thread": _names(
        "thread|thread id|conversation|conversation id|session|session id|ticket|ticket id|ticket number|case",
        "case id|case number|chat id|call id|会话|會話|会话id|工单|工單|工单号|工單號|案件编号|案件編號",
    ),
    "product": _names(
        "product|product name|product id|item|item name|sku|service name|airline|airline name|hotel|hotel name",
        "restaurant|restaurant name|hospital|hospital name|shop|store|brand|model|category|cat|department|route",
        "商品|商品名称|商品名稱|产品|產品|产品名称|產品名稱|类别|類別|品牌|酒店|飯店|门店|門店|航班",
    ),
    "region": _names(
        "region|country|author country|state|province|city|location|area|market",
        "地区|地區|区域|區域|省份|省|城市|国家|國家",
    ),
    "segment": _names(
        "segment|customer segment|tier|customer tier|plan|membership|loyalty tier",
        "客户等级|客戶等級|会员等级|會員等級|客群|分群|套餐",
    ),
    "value": _names(
        "value|customer value|lifetime value|clv|ltv|revenue|annual revenue|monthly revenue|arpu|mrr|arr|order value",
        "amount spent|spend|客户价值|客戶價值|价值|價值|消费金额|消費金額|金额|金額",
    ),
}

# Words inside headers: of dates, ratings and replies there are too many names to list.
_DATE: Final = re.compile(
    r"\b(?:dates?|time|datetime|timestamp|created|posted|published|received|submitted|day|ts|at)\b|日期|时间|時間|日$"
)
_PUBLISHED: Final = re.compile(
    r"\b(?:published|publication|received|receipt|posted|post|submitted|created|creation|rating|review|reviewed|comment|tweet|opened|written)\b"
    r"|发布|發布|發佈|发表|發表|评论|評論|评价|評價|留言|来信|來信|收到|接收|提交|创建|創建|受理"
)
_EVENT: Final = re.compile(
    r"\b(?:visit|visited|travel|trip|flight|flown|stay|stayed|sent|departure|arrival"
    r"|check ?in|check ?out|checkin|checkout|purchase|order|birth|dob|"
    r"experience|updated|modified|closed|resolved|due|expiry|expires|start|end|signup|joined|since)\b"
    r"|入住|离店|離店|就诊|就診|出行|航班|旅行|购买|購買|下单|下單|出生|更新|修改|关闭|關閉|到店"
)
_REPLY: Final = re.compile(
    r"\b(?:reply|replies|replied|response|responses|responded|answer|answers|answered)\b|回复|回覆|回復|答复|答覆|答復|回应|回應"
)
_RATING: Final = (
    (3, re.compile(r"\boverall\b|总评|總評|总体|總體|总分|總分")),
    (
        2,
        re.compile(
            r"\b(?:ratings?|stars?|scores?|grades?|nps|csat|satisfaction|points)\b|评分|評分|星级|星級|打分|分数|分數|满意度|滿意度"
        ),
    ),
)
_NOT_RATING: Final = re.compile(
    r"\b(?:id|index|label|likes?|helpful|votes?|count|number|no|num|age|year|month|day|week|quantity|qty|recommended?"
    r"|retweets?|replies|sentiment|target|class|length|days?|zip|code|version|page|rank|price|amount|nights?|unnamed)\b"
    r"|编号|編號|序号|序號|数量|數量|点赞|點讚|标签|標籤"
)
_NO_VALUE: Final = re.compile(r"\b(?:count|confidence|of|per)\b")


def normalise(header: str) -> str:
    """``ratingDate``, ``RATING_DATE`` and ``rating-date`` all become ``rating date``; ``Customer no.`` and
    ``Customer #`` become ``customer number``."""
    header = unicodedata.normalize("NFKC", header).replace("#", " number ")
    return _NUMBER.sub("number", _OTHER.sub(" ", _CAMEL.sub(" ", header)).strip().lower())


def name_rank(field: str, header: str) -> int | None:
    """How early ``header`` (normalised) stands among the names of ``field``, 0 the best; None where it is no name of
    it."""
    names = NAMES[field]
    return names.index(header) if header in names else None


def known(header: str) -> bool:
    """Whether ``header`` (normalised) is one of the names or words of this file."""
    return (
        any(header in names for names in NAMES.values())
        or any(words.search(header) for words in (_DATE, _REPLY))
        or any(words.search(header) for _, words in _RATING)
    )


def date_rank(header: str) -> int:
    """3: a publication or receipt date, 2: some date, 1: the header says nothing of dates, 0: the date of a visit,
    flight or other event."""
    if _EVENT.search(header):
        return 0
    if _PUBLISHED.search(header):
        return 3
    return 2 if _DATE.search(header) else 1


def says_date(header: str) -> bool:
    """Whether the header speaks of a date or time."""
    return _DATE.search(header) is not None


def says_reply(header: str) -> bool:
    """Whether the header speaks of an answer to the customer."""
    return _REPLY.search(header) is not None


def rating_rank(header: str) -> int:
    """3: an overall rating, 2: a rating, 1: the header does not say, 0: another kind of number."""
    if _DATE.search(header):
        return 0
    for rank, words in _RATING:
        if words.search(header) and not _NO_VALUE.search(header):
            return rank
    return 0 if not header or _NOT_RATING.search(header) else 1
