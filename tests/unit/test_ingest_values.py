from __future__ import annotations

import pytest

from voc.ingest.headers import date_rank, known, normalise, rating_rank
from voc.ingest.values import clean, excerpt, parse_channel, parse_language, parse_money, parse_rating


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("4", 4.0),
        ("4.5/5", 4.5),
        ("5 stars", 5.0),
        ("3 out of 5", 3.0),
        ("★★★☆☆", 3.0),
        ("⭐⭐", 2.0),
        ("4星", 4.0),
        ("４", 4.0),
    ],
)
def test_ratings(written: str, number: float) -> None:
    assert parse_rating(written) == number


@pytest.mark.parametrize("written", ["", "good", "☆☆", "4 of them", "1e5", "nan", "-1"])
def test_what_is_no_rating(written: str) -> None:
    assert parse_rating(written) is None


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1200", 1200.0),
        ("$1,200.50", 1200.5),
        ("-3", -3.0),
        ("NT$ 90", 90.0),
        ("1,234元", 1234.0),
        ("12,34", None),
        ("lots", None),
    ],
)
def test_money(written: str, number: float | None) -> None:
    assert parse_money(written) == number


@pytest.mark.parametrize(
    ("written", "channel"),
    [
        ("Email", "email"),
        ("live_chat", "chat"),
        ("Phone", "call"),
        ("电话", "call"),
        ("郵件", "email"),
        ("tweet", "post"),
        ("fax", "letter"),
        ("问卷", "survey"),
        ("Review", "review"),
        ("pigeon", None),
        ("", None),
    ],
)
def test_channels(written: str, channel: str | None) -> None:
    assert parse_channel(written) == channel


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("English", "en"),
        ("zh_TW", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh-CN", "zh-Hans"),
        ("zh-Hant", "zh-Hant"),
        ("zh", None),
        ("繁體中文", "zh-Hant"),
        ("FR", "fr"),
        ("pt-BR", "pt-BR"),
        ("und", None),
        ("", None),
        ("5", None),
        ("not a tag", None),
    ],
)
def test_language_tags(written: str, tag: str | None) -> None:
    assert parse_language(written) == tag


def test_excerpts_are_short_and_can_be_written() -> None:
    assert clean("a\ud800b") == "a\ufffdb"
    assert len(excerpt("\udfff" * 500).encode()) == 600
    assert excerpt({"a": 1}) == "{'a': 1}"


@pytest.mark.parametrize("header", ["RatingDate", "rating_date", "Rating-Date", " rating  date ", "ＲａｔｉｎｇDate"])
def test_headers_are_normalised(header: str) -> None:
    assert normalise(header) == "rating date"


def test_what_headers_say() -> None:
    assert [date_rank(h) for h in ("date received", "date", "remarks", "visit date")] == [3, 2, 1, 0]
    assert [rating_rank(h) for h in ("overall rating", "stars", "food", "rating count", "rating date")] == [
        3,
        2,
        1,
        0,
        0,
    ]
    assert known("评论内容") and known("date sent") and not known("seat")
