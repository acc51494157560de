"""Planted themes: units in English and both Chinese scripts whose vectors behave like a multilingual encoder's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voc.results import ThemeUnit

DIM = 48
LANGUAGES = ("en", "zh-Hans", "zh-Hant")
TEXTS = {
    "no_answer": (
        "neglect",
        {
            "en": [
                "Nobody answers the hotline, no reply to my emails.",
                "I wrote three emails and there was no reply.",
            ],
            "zh-Hans": ["客服热线没人接，写了邮件也没有回复。", "打了三次客服热线都没人接。"],
            "zh-Hant": ["客服熱線沒人接，寫了郵件也沒有回覆。", "打了三次客服熱線都沒人接。"],
        },
    ),
    "cold_waiting_hall": (
        "neglect",
        {
            "en": ["We stood in the waiting hall and nobody cared.", "The waiting hall was left unattended."],
            "zh-Hans": ["候船大厅排队两小时没人管。", "在候船大厅久等，没人管我们。"],
            "zh-Hant": ["候船大廳排隊兩小時沒人管。", "在候船大廳久等，沒人管我們。"],
        },
    ),
    "lost_luggage": (
        "incompetence",
        {
            "en": ["They lost my luggage at the pier.", "Lost luggage again, and the tag was wrong."],
            "zh-Hans": ["我的行李在码头弄丢了。", "行李遗失，标签也贴错了。"],
            "zh-Hant": ["我的行李在碼頭弄丟了。", "行李遺失，標籤也貼錯了。"],
        },
    ),
    "double_charge": (
        "incompetence",
        {
            "en": ["A double charge on my credit card.", "The double charge was never refunded."],
            "zh-Hans": ["信用卡被重复扣款。", "重复扣款一直没有退款。"],
            "zh-Hant": ["信用卡被重複扣款。", "重複扣款一直沒有退款。"],
        },
    ),
}


@dataclass(frozen=True)
class Planted:
    """Units, the theme that each reference was planted in, and ``strays`` that belong to none of them."""

    units: list[ThemeUnit]
    topic: dict[tuple[str, int], str]
    strays: list[ThemeUnit]


def planted(
    per_language: int = 8, *, noise: float = 0.25, seed: int = 1, languages: tuple[str, ...] = LANGUAGES
) -> Planted:
    """``per_language`` units of every planted theme in every language: a common direction, one of the language, one
    of the theme, and noise, as the raw vectors of an encoder have them."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=DIM) * 3
    of_language = {tag: rng.normal(size=DIM) for tag in LANGUAGES}
    of_language["zh-Hant"] = of_language["zh-Hans"] + rng.normal(size=DIM) * 0.4
    of_topic = {name: rng.normal(size=DIM) for name in TEXTS}
    units, topic = [], {}
    for name, (driver, texts) in TEXTS.items():
        for tag in languages:
            for i in range(per_language):
                key = f"{name}-{tag}-{i:03d}"
                vector = common + of_language[tag] + of_topic[name] + rng.normal(size=DIM) * noise
                text = texts[tag][i % len(texts[tag])]
                units.append(
                    ThemeUnit(key, 0, driver, "complaint", tag, f"customer {key}", text, vector.astype(np.float32))
                )
                topic[(key, 0)] = name
    strays = []
    for i in range(3):
        vector = common + of_language["en"] + rng.normal(size=DIM)
        strays.append(
            ThemeUnit(f"stray-{i}", 0, "neglect", "complaint", "en", None, f"remark {i}", vector.astype(np.float32))
        )
    return Planted(units, topic, strays)
