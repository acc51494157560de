"""A tiny world for classifier tests: an encoder of eight dimensions and labelled documents written here."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

import numpy as np

from voc.classify.gold import Example
from voc.documents import Document
from voc.encoders import Encoded, Passage
from voc.results import LEAVE

DIM = 8
RUDE, LATE, ASK, ALONE = (f"{key}.complaint" for key in ("discourtesy", "incompetence", "unknowledgeable", "neglect"))
KIND, DONE, KNOWS, THERE = (f"{key}.praise" for key in ("discourtesy", "incompetence", "unknowledgeable", "neglect"))

# fmt: off
PARTS: dict[str | None, tuple[str, ...]] = {
    RUDE: ("The clerk was rude to me.", "柜台的人态度恶劣。", "櫃檯的人態度惡劣。", "She shouted at my mother."),
    LATE: ("The parcel came three weeks late.", "包裹晚到了三个星期。", "包裹晚到了三個星期。", "I was charged twice."),
    ASK: ("Nobody understood the tariff.", "店员对产品一问三不知。", "店員對產品一問三不知。", "He gave wrong advice."),
    ALONE: ("No one answered my calls.", "打电话一直没人接。", "打電話一直沒人接。", "My mails were ignored."),
    KIND: ("The host was friendly and polite.", "服务员非常热情。", "服務員非常熱情。", "Such a courteous driver."),
    DONE: ("It was solved at once.", "问题马上解决了。", "問題馬上解決了。", "Fast and well organised."),
    KNOWS: ("He explained every detail well.", "讲解得很专业。", "講解得很專業。", "She knew everything about it."),
    THERE: ("They checked on us and followed up.", "服务周到贴心。", "服務周到貼心。", "My mail was answered quickly."),
    LEAVE: ("I will never come back.", "再也不会来了。", "再也不會來了。", "I have cancelled my contract."),
    None: ("We took the morning train.", "我们坐早班车。", "我們坐早班車。", "The room has two windows."),
}
# fmt: on


class TinyEncoder:
    """Vectors from the letters of a span alone; one token for each four characters."""

    id = "tiny@000000000000"
    dim = DIM

    def encode(self, passages: Iterable[Passage]) -> Iterator[Encoded]:
        for passage in passages:
            spans = [passage.text[a:b] for a, b in passage.spans]
            seeds = [zlib.crc32(span.encode("utf-8", "surrogatepass")) for span in spans]
            rows = [np.random.default_rng(seed).normal(size=DIM) for seed in seeds]
            vectors = np.array(rows, np.float32).reshape(-1, DIM)
            yield Encoded(vectors, np.array([1 + len(span) // 4 for span in spans], np.int32))


def examples(count: int, seed: int = 0) -> list[Example]:
    """Documents of one to three parts; complaint labels carry their sentence as the quote."""
    generator = np.random.default_rng(seed)
    kinds = list(PARTS)
    out = []
    for number in range(count):
        picked = [kinds[i] for i in generator.choice(len(kinds), int(generator.integers(1, 4)), replace=False)]
        script = int(generator.integers(0, 4))
        sentences = {kind: PARTS[kind][script] for kind in picked}
        labels = frozenset(kind for kind in picked if kind)
        quotes = {kind: sentences[kind] for kind in labels if kind.endswith("complaint")}
        language = ("en", "zh-Hans", "zh-Hant", "en")[script]
        text = f"{' '.join(sentences.values())} {number}."
        out.append(Example(Document(f"d{number}", text, "tiny", language=language), labels, quotes))
    return out
