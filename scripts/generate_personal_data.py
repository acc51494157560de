"""Sentences with invented personal data in them, for scripts/evaluate_redaction.py and the tests.

    python scripts/generate_personal_data.py [--seed 1] [--count 40] > personal.jsonl

The data are Faker's (locales en_US, en_GB, zh_CN, zh_TW; the same seed gives the same bytes with the same version of
Faker); identity numbers of Taiwan, messenger ids, passports and plates that Faker lacks or makes up freely follow the
rules of their issuers. The sentences were written for this project.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final, NamedTuple


class Case(NamedTuple):
    """A text with what is personal in it: (start, end, kind)."""

    language: str
    text: str
    spans: list[tuple[int, int, str]]


TEMPLATES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "en": {
        "email": (
            "Please send the refund confirmation to {}, not to my old address.",
            "I wrote from {} on Monday and nobody replied.",
            "My account is {} and I still cannot log in!",
            "You can reach me ({}) any time.",
        ),
        "phone": (
            "Call me on {} after six, please.",
            "I left my number, {}, and nobody rang back.",
            "My mobile is {}. I waited four days for a call.",
            "Still waiting. {}",
            "You have the wrong phone on file, it should be {}, as I said twice.",
        ),
        "card": (
            "You charged my card {} twice this month.",
            "The Visa ending the usual way, {}, was refused at the till.",
            "Refund it to {} please, as agreed.",
        ),
        "iban": ("Please pay the refund into {}.", "My IBAN is {}, I gave it three times.", "Account: {} (my wife's)."),
        "ssn": (
            "Your agent asked for my social security number, {}, in the open chat.",
            "My SSN {} was read out loud at the counter!",
        ),
        "nino": (
            "They wanted my National Insurance number ({}) for a SIM card.",
            "NI number {} is on the form you lost.",
        ),
        "passport": (
            "My passport number is {}, and you spelt it wrong.",
            "The clerk copied my passport ({}) and gave me no receipt.",
        ),
        "plate": (
            "My car was towed from your car park, plate {}.",
            "Your van, registration {}, blocked my drive for an hour.",
        ),
        "ip": (
            "The log shows a login from {} which was not me.",
            "Router at {} has been down since Friday.",
            "I was blocked, my address is {}.",
        ),
        "handle": (
            "I also posted this as @{} and got no answer.",
            "My Instagram is {} if you want the photos.",
            "WhatsApp id: {}",
        ),
        "name": (
            "My name is {} and I have been a customer for nine years.",
            "I spoke to {} who was very rude.",
            "{} at the front desk was lovely.",
            "Please ask for {}, my husband, when you call.",
            "I dealt with {} three times and each time got another answer.",
            "Nobody helped. Regards, {}",
            "The technician, {}, came two hours late.",
        ),
        "address": (
            "The parcel should go to {}, not to the neighbour.",
            "I live at {} and have had no signal for a week.",
            "My new address is {}.",
            "You sent the router to the old flat: {}",
        ),
    },
    "zh-Hans": {
        "email": ("请把发票发到{}，谢谢。", "我的邮箱是{}，一直没有收到回复。", "联系邮箱：{}"),
        "phone": (
            "我的电话是{}，请尽快回电。",
            "留了手机号{}，没有人打来。",
            "联系方式{}，打了三次都没人接",
            "有事打{}找我。",
            "还在等，{}",
        ),
        "card": ("你们从我的卡{}里扣了两次钱。", "退款请退到{}。", "信用卡{}被拒了，很丢人。"),
        "china_id": ("身份证号{}你们都登记错了。", "我的证件是{}，已经上传三次。", "要我在大厅里报{}，旁边全是人。"),
        "passport": ("护照号{}，名字拼错了一个字母。", "前台把我的护照（{}）复印了两份。"),
        "plate": ("你们的车{}停在我家门口。", "车牌{}，请挪一下。"),
        "ip": ("日志显示从{}登录，不是我本人。", "路由器{}一直连不上。"),
        "handle": ("加我微信：{}", "我的微信号是{}，发照片给你。", "QQ号{}，随时在线。", "微博@{}也发了。"),
        "name": (
            "我叫{}，是你们的老客户了。",
            "接待我的{}态度特别差。",
            "是{}帮我办的，很耐心。",
            "请联系{}，他是我先生。",
            "投诉你们的店员{}！",
            "昨天跟{}说好了今天上门。",
            "收件人：{}",
        ),
        "address": ("包裹请寄到{}。", "我住在{}，一个星期没有信号了。", "地址是{}，师傅找不到。", "收货地址：{}"),
    },
    "zh-Hant": {
        "email": ("請把發票寄到{}，謝謝。", "我的信箱是{}，一直沒有收到回覆。"),
        "phone": ("我的電話是{}，請盡快回電。", "留了手機號碼{}，沒有人打來。", "有事請打{}找我。", "還在等，{}"),
        "card": ("你們從我的卡{}扣了兩次錢。", "退款請退到{}。", "信用卡{}被拒，很丟臉。"),
        "taiwan_id": ("身分證字號{}你們登記錯了。", "我的證件是{}，已經上傳三次。"),
        "passport": ("護照號碼{}，名字拼錯了。", "櫃檯把我的護照（{}）影印了兩份。"),
        "plate": ("車牌{}，請移一下。", "你們的車，車號{}，擋在我家門口。"),
        "ip": ("紀錄顯示從{}登入，不是我。",),
        "handle": ("我的LINE ID是{}", "加我微信：{}", "IG帳號：{}"),
        "name": (
            "我叫{}，是你們的老客戶。",
            "接待我的{}態度非常差。",
            "是{}幫我辦的，很有耐心。",
            "請聯絡{}，他是我先生。",
            "昨天跟{}說好今天到府。",
            "收件人：{}",
        ),
        "address": ("包裹請寄到{}。", "我住在{}，一個禮拜沒有訊號了。", "地址是{}，師傅找不到。"),
    },
}
LOCALES: Final = (("en", "en_US"), ("en", "en_GB"), ("zh-Hans", "zh_CN"), ("zh-Hant", "zh_TW"))
# How a kind of number is marked when it is redacted.
MARKS: Final = {"iban": "id", "ssn": "id", "nino": "id", "passport": "id", "china_id": "id", "taiwan_id": "id"}
STRUCTURED: Final = ("email", "phone", "card", "id", "plate", "ip", "handle")
_TAIWAN: Final = {letter: number for number, letter in enumerate("ABCDEFGHJKLMNPQRSTUVXYWZIO", start=10)}
_WIDE: Final = str.maketrans("0123456789+-", "０１２３４５６７８９＋－")
_COUNT: Final = 40


def cases(seed: int = 1, count: int = _COUNT) -> Iterator[Case]:
    """``count`` sentences for each kind, sentence form and locale in turn; deterministic."""
    from faker import Faker

    for language, locale in LOCALES:
        fake = Faker(locale)
        fake.seed_instance(seed)
        chance = Random(seed)  # noqa: S311
        for kind, templates in TEMPLATES[language].items():
            for number in range(count):
                value = _value(kind, language, locale, fake, chance)
                template = templates[number % len(templates)]
                if kind == "handle" and "QQ" in template:
                    value = str(chance.randrange(10**8, 10**10))
                start = template.index("{}")
                yield Case(
                    language, template.replace("{}", value), [(start, start + len(value), MARKS.get(kind, kind))]
                )


def _value(kind: str, language: str, locale: str, fake: Any, chance: Random) -> str:
    made: dict[str, Callable[[], str]] = {
        "email": fake.email,
        "phone": lambda: _phone(fake, chance, language),
        "card": lambda: _grouped(fake.credit_card_number("visa"), chance),
        "iban": fake.iban,
        "ssn": lambda: fake.ssn() if locale == "en_US" else _us_number(chance),
        "nino": lambda: _nino(chance),
        "passport": lambda: (
            chance.choice("EGDX" if language != "en" else ("", "A", ""))
            + _digits(chance, 9 if language != "zh-Hans" else 8)
        ),
        "plate": lambda: _plate(language, locale, fake, chance),
        "ip": lambda: fake.ipv4() if chance.random() < 0.7 else fake.ipv6(),
        "handle": lambda: _handle(chance),
        "china_id": fake.ssn,
        "taiwan_id": lambda: _taiwan_id(chance),
        "name": lambda: _name(fake, language),
        "address": lambda: fake.address().replace("\n", ", " if chance.random() < 0.5 else "\n"),
    }
    return made[kind]()


def _name(fake: Any, language: str) -> str:
    return f"{fake.first_name()} {fake.last_name()}" if language == "en" else str(fake.name())


def _phone(fake: Any, chance: Random, language: str) -> str:
    number = str(fake.phone_number())
    form = chance.randrange(5)
    if form == 0 and number.isdecimal() and language != "en":
        return f"{number[:3]} {number[3:7]} {number[7:]}"
    if form == 1 and language != "en":
        return number.translate(_WIDE)
    if form == 2 and number.isdecimal() and language == "zh-Hans":
        return " ".join(number)
    return number


def _grouped(number: str, chance: Random) -> str:
    form = chance.randrange(4)
    if form < 2:
        return (" ", "-")[form].join(number[at : at + 4] for at in range(0, len(number), 4))
    return number if form == 2 else number.translate(_WIDE)


def _digits(chance: Random, count: int) -> str:
    return str(chance.randrange(1, 10)) + "".join(str(chance.randrange(10)) for _ in range(count - 1))


def _us_number(chance: Random) -> str:
    return f"{chance.randrange(100, 600)}-{chance.randrange(10, 99)}-{chance.randrange(1000, 9999)}"


def _nino(chance: Random) -> str:
    joint = chance.choice(("", " "))
    pairs = [f"{chance.randrange(100):02d}" for _ in range(3)]
    return joint.join(
        [chance.choice("ABCEHJKLMPRSTWX") + chance.choice("ABCEHJKLMPRSTWX"), *pairs, chance.choice("ABCD")]
    )


def _plate(language: str, locale: str, fake: Any, chance: Random) -> str:
    letters = "ABCDEFGHJKLMNPRSTUVWXY"
    if language == "zh-Hant":
        return "".join(chance.choices(letters, k=3)) + "-" + _digits(chance, 4)
    if locale == "en_GB":
        return (
            "".join(chance.choices(letters, k=2))
            + f"{chance.randrange(10, 74)} "
            + "".join(chance.choices("ABDEFGHJLMN", k=3))
        )
    return str(fake.license_plate())


def _handle(chance: Random) -> str:
    words = ("tidepool", "maplekid", "noodle", "bluekite", "lao_zhou", "happyfish", "moonrise", "teacup")
    return chance.choice(words) + chance.choice(("", "_")) + str(chance.randrange(10, 9999))


def _taiwan_id(chance: Random) -> str:
    letter = chance.choice(sorted(_TAIWAN))
    body = chance.choice("12") + "".join(str(chance.randrange(10)) for _ in range(7))
    digits = [_TAIWAN[letter] // 10, _TAIWAN[letter] % 10, *map(int, body)]
    total = sum(weight * digit for weight, digit in zip((1, 9, 8, 7, 6, 5, 4, 3, 2, 1), digits, strict=True))
    return f"{letter}{body}{-total % 10}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=_COUNT)
    given = parser.parse_args()
    for case in cases(given.seed, given.count):
        sys.stdout.write(json.dumps(case._asdict(), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
