"""Names, addresses and accounts go; words, places, brands and shops that look like them stay."""

from __future__ import annotations

import pytest

from voc.privacy import redact


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("My name is Quenby Tarrow and I want a refund.", "My name is [name] and I want a refund."),
        ("Heather Larkspur-Hill? No: Mr. Okafor-Dunn called.", None),
        ("Thanks to Siobhan for her help.", "Thanks to [name] for her help."),
        ("I spoke to Will, who was rude.", "I spoke to [name], who was rude."),
        ("Grace was our waitress.", None),
        ("Hello, Grace speaking, how can I help?", "Hello, [name] speaking, how can I help?"),
        ("Mrs May rang twice, then Mark Brown did.", "Mrs [name] rang twice, then [name] did."),
        ("Dr Hope and Ms Rose were kind.", "Dr [name] and Ms [name] were kind."),
        ("Nobody answered.\n\nKind regards,\nB. Tarrow", "Nobody answered.\n\nKind regards,\n[name]"),
        ("my name is jennifer smith", "my name is [name]"),
        ("Kevin's desk was empty. 请Kevin来。", "[name]'s desk was empty. 请[name]来。"),
        ("我叫欧阳雨桐，手机坏了。", "我叫[name]，手机坏了。"),
        ("是李晓梅帮我办的，王经理没来。", "是[name]帮我办的，[name]经理没来。"),
        ("敝姓葉，請陳先生回電。", "敝姓[name]，請[name]先生回電。"),
        ("客服阿敏说明天到。老周也等着。", None),
        ("請聯絡林怡君，她在家。", "請聯絡[name]，她在家。"),
        ("余嫺穎醫師和連景峯 醫師都很有耐心，江醫師也是。", "[name]醫師和[name] 醫師都很有耐心，[name]醫師也是。"),
        ("今天是姚又誠醫師看的，林又嘉老師也在。", "今天是[name]醫師看的，[name]老師也在。"),
        ("王主任、李護理師、何副主任、方護理長。", "[name]主任、[name]護理師、[name]副主任、[name]護理長。"),
        ("产科的于大夫不在，张大夫、陈老师也不在。", "产科的[name]大夫不在，[name]大夫、[name]老师也不在。"),
        ("林小姐沒回，林家興主治醫師回了。", "[name]小姐沒回，[name]主治醫師回了。"),
        ("客服小陳說要等，经理老王不管。", "客服[name]說要等，经理[name]不管。"),
        ("復健科吳治療師，彭姓員工，一個姓林的藥師", "復健科[name]治療師，[name]姓員工，一個姓[name]的藥師"),
        ("王*典醫師、陳X女醫師、朱亭O小姐", "[name]醫師、[name]女醫師、[name]小姐"),
        (
            "尊敬的毛市长：刘副院长没有答复，陈村长也没有。",
            "尊敬的[name]市长：[name]副院长没有答复，[name]村长也没有。",
        ),
        ("Send it to 12 Larch Street, flat 3, please.", "Send it to [address], please."),
        ("The parcel is for Flat 2, 7 Mill Lane, Oxbridge, OX7 4QD.", "The parcel is for [address]."),
        ("Deliver to 415 Oak Avenue, Fairview, CA 94110 today", "Deliver to [address] today"),
        ("请寄到杭州市西湖区文三路20号3栋502室。", "请寄到[address]。"),
        ("住在中山路一段12號5樓。", "住在[address]。"),
        ("加我微信：tide_pool88", "加我微信：[handle]"),
        ("我的LINE ID是noodle9521，QQ号12345678", "我的LINE ID是[handle]，QQ号[handle]"),
        ("Write to @tidepool_88 instead", "Write to [handle] instead"),
        ("Login from 203.0.113.77 and 2001:db8::7:1", "Login from [ip] and [ip]"),
        ("车牌粤B12345，车号：ABC-1234", "车牌[plate]，车号：[plate]"),
        ("Registration AB12 CDE, passport no. E12345678", "Registration [plate], passport no. [id]"),
        ("1 3 8 0 0 1 3 8 0 0 0 或一三八零零一三八零零零", "[phone] 或[phone]"),
    ],
)
def test_people_go(text: str, expected: str | None) -> None:
    if expected is None:
        assert "[name]" in redact(text)
    else:
        assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Will you ever answer? May I hope for grace? Mark my words, the rose is dead.",
        "May was cold, April colder. On Sunday it's Sunday. Hope this helps.",
        "We flew to Charlotte, Austin, Hong Kong and Los Angeles from Paris.",
        "Virgin, Wendy's, Delta and John Lewis are no better.",
        "Alexander the Great is a good restaurant near St James Park.",
        "Dear Sirs, Dear Customer Service, Hello Team, hi there",
        "My TSA line, In AF's lounge, XXXX said XXXX to XXXX",
        "今天很高兴，换货方便，周末也开门，是店里的王牌。",
        "房间很温馨，万家丽路和黄兴镇都近，金洲大道也不远。",
        "来了个又高又帅医生，又黄又瘦师傅也在，后来又换经理，于又吵医生也来了。",
        "张裕葡萄酒和王老吉都卖，送了张贵宾卡。",
        "由于先生不在，和医生说了，那小姐没来，这位先生等了。",
        "这家酒店路好远，楼好旧，向前台要水。",
        "主治醫師沒有解釋，這位醫師、女醫師和高年資醫師都趕時間，連醫師都不看我。",
        "资深老师没来，一位小姐很凶，全科医生、急诊医生、值班经理和客服小姐都在。",
        "向老师请教，应老师要求，原主治醫師退休了，任何 医生都行，也许 老师不知道。",
        "台南醫生、成大醫師、方便醫生、病房 護理師、台大醫院 護理師、車站工程師",
        "康师傅很好吃，田老师红烧肉关门了，老百姓医生，A市长时间下雨，姓氏不同。",
        "店长小时候住这里，店員小姐說護士小姐不在。",
        "他说都不知道，何时到货，任何人都行，马上来，高清电视。",
        "At 10:03:22 version 2.10.3.4 crashed; 16 GB RAM; 3 stars of 5",
        "The shop in Tamber Street and the one at Osier Quay are closed. 中山路的店关门了。",
        "第3次了，知道3号到，楼下8号车，等了20分钟",
    ],
)
def test_words_places_and_brands_stay(text: str) -> None:
    assert redact(text) == text
