from __future__ import annotations

import pytest

from voc.errors import AmbiguousColumns, InputError, UsageError
from voc.ingest import headers
from voc.ingest.columns import Plan, infer
from voc.ingest.dates import DayOrder

REVIEWS = [
    "The crew was rude and nobody said sorry to us",
    "We waited two hours at the gate without a word",
    "Lovely staff, they found my bag within the hour",
    "The agent did not know the rules of his own airline",
]
DATES = ["2026-03-04", "2026-03-11", "2026-03-25", "2026-04-01"]


def table(columns: dict[str, list[str]], **mapping: str) -> dict[str, str]:
    return named(columns, plan(columns, **mapping))


def plan(columns: dict[str, list[str]], **mapping: str) -> Plan:
    return infer("feedback.csv", list(columns), list(zip(*columns.values(), strict=True)), mapping)


def named(columns: dict[str, list[str]], found: Plan) -> dict[str, str]:
    return {name: list(columns)[index] for name, index in found.columns.items()}


def test_columns_are_found_by_name_and_content_and_each_choice_is_told() -> None:
    columns = {
        "Review ID": ["r1", "r2", "r3", "r4"],
        "Author": ["ann", "bob", "ann", "eve"],
        "Stars": ["1", "2", "5", "1"],
        "Title": ["Rude", "Late", "Great", "Clueless"],
        "Comments": REVIEWS,
        "Date of flight": ["2026-03-01"] * 4,
        "Date published": DATES,
        "Country": ["UK", "HK", "", "TW"],
        "Seat": ["1A", "2B", "3C", "4D"],
    }
    found = plan(columns)
    assert named(columns, found) == {
        "id": "Review ID",
        "text": "Comments",
        "time": "Date published",
        "rating": "Stars",
        "customer": "Author",
        "region": "Country",
    }
    told = "\n".join(found.choices)
    assert "text <- Comments (free text" in told
    assert "time <- Date published (100% of its values are dates; not Date of flight)" in told
    assert "rating <- Stars (numbers from 1 to 5)" in told


def test_chinese_headers() -> None:
    columns = {
        "留言编号": ["1", "2", "3", "4"],
        "留言用户": ["A1", "A2", "A1", "A3"],
        "留言主题": ["投诉", "建议", "投诉", "表扬"],
        "留言时间": ["2026年3月4日", "2026年3月5日", "2026年3月6日", "2026年3月7日"],
        "答复时间": DATES,
        "留言详情": [
            "窗口的人态度很差，一直在聊天不理人",
            "电话打了三十次都没有人接听",
            "问了三个人三种说法，谁也不懂",
            "谢谢你们帮我解决了问题，很耐心",
        ],
        "答复意见": ["您好，您的来信收到，我们将转交有关部门处理，感谢您的理解与支持。"] * 4,
        "评分": ["1", "1", "2", "5"],
    }
    assert table(columns) == {
        "id": "留言编号",
        "text": "留言详情",
        "time": "留言时间",
        "rating": "评分",
        "customer": "留言用户",
        "reply": "答复意见",
        "reply_time": "答复时间",
    }


def test_of_several_texts_the_one_with_most_characters_wins() -> None:
    columns = {
        "Summary": ["bad crew on board", "no word at gate", "found my bag", "he knew nothing"],
        "Story": [r * 2 for r in REVIEWS],
    }
    assert table(columns)["text"] == "Story"


def test_texts_within_a_factor_of_two_are_ambiguous() -> None:
    columns = {"Pros": REVIEWS, "Cons": list(reversed(REVIEWS)), "Date": DATES}
    with pytest.raises(AmbiguousColumns) as caught:
        plan(columns)
    assert "Pros" in str(caught.value) and "Cons" in str(caught.value) and '--map "text=Cons"' in str(caught.value)
    assert table(columns, text="Cons")["text"] == "Cons"


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("Date received", "Date sent to company"),
        ("published", "visit_date"),
        ("RatingDate", "VisitDate"),
        ("date", "date_flown"),
        ("created_at", "travelDate"),
        ("评论时间", "入住日期"),
        ("posted", "updated"),
        ("Submitted", "Date of birth"),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_the_date_of_publication_wins(better: str, worse: str, swapped: bool) -> None:
    names = [worse, better] if not swapped else [better, worse]
    assert table({"text": REVIEWS, names[0]: DATES, names[1]: DATES})["time"] == better


def test_a_date_of_birth_is_no_time_of_feedback() -> None:
    found = plan({"text": REVIEWS, "birthday": DATES})
    assert "time" not in found.columns
    assert any(line.startswith("time <- none") for line in found.choices)


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("label", ["1", "0", "1", "0"]),
        ("likes", ["1", "3", "2", "3"]),
        ("id", ["1", "2", "3", "4"]),
        ("zip", ["9", "8", "7", "8"]),
        ("quantity", ["1", "2", "3", "1"]),
        ("rating", ["good", "bad", "4", ""]),
        ("rating", ["88", "45", "90", "71"]),
    ],
)
def test_other_numbers_are_no_rating(header: str, values: list[str]) -> None:
    assert table({"text": REVIEWS, header: values}).get("rating") is None


def test_the_overall_rating_wins() -> None:
    columns = {
        "text": REVIEWS,
        "food": ["1", "2", "3", "1"],
        "staff rating": ["1", "2", "3", "1"],
        "overall_rating": ["5", "4", "3", "3"],
    }
    assert table(columns)["rating"] == "overall_rating"


def test_categories_are_no_text_however_long() -> None:
    label = "Credit reporting, credit repair services, or other personal consumer reports"
    columns = {
        "Product": [label] * 40,
        "What happened": [f"My letter number {n} was never answered" for n in range(40)],
    }
    assert table(columns) == {"text": "What happened", "product": "Product"}


def test_a_reply_is_the_text_only_where_there_is_no_other() -> None:
    assert table({"review": ["bad food"] * 4, "owner response": REVIEWS}) == {
        "text": "review",
        "reply": "owner response",
    }
    assert table({"response": REVIEWS})["text"] == "response"


def test_short_texts_are_known_by_their_name() -> None:
    assert table({"id": ["1", "2"], "comment": ["bad", "good"]})["text"] == "comment"


def test_dates_that_need_an_order_are_noticed() -> None:
    found = plan({"text": REVIEWS, "date": ["03/04/2026"] * 4})
    assert (found.slashed, found.decided) == ("03/04/2026", False)
    found = plan({"text": REVIEWS, "date": ["03/04/2026", "04/25/2026", "03/05/2026", "03/06/2026"]})
    assert (found.slashed, found.decided, found.order) == ("03/04/2026", True, DayOrder.MONTH_FIRST)
    assert plan({"text": REVIEWS, "date": ["2026-03-04"] * 4}).slashed is None


def test_a_mapping_overrules() -> None:
    columns = {"text": REVIEWS, "visit": DATES, "published": DATES, "stars": ["1", "2", "3", "4"]}
    assert table(columns, time="visit", rating="")["time"] == "visit"
    assert "rating" not in table(columns, rating="")
    assert table({"Review Text": REVIEWS}, text="review_text") == {"text": "Review Text"}


@pytest.mark.parametrize(
    ("name", "column", "said"),
    [("text", "Body", "visit"), ("tone", "visit", "reply_time"), ("text", "", "text=COLUMN")],
)
def test_a_mapping_that_names_nothing_is_refused(name: str, column: str, said: str) -> None:
    with pytest.raises(UsageError, match=f"--map {name}=") as caught:
        plan({"remarks": REVIEWS, "visit": DATES}, **{name: column})
    assert said in str(caught.value)


def test_a_table_without_text_lists_its_columns() -> None:
    with pytest.raises(InputError, match="free text") as caught:
        plan({"name": ["ann", "bob"], "city": ["Rome", "Oslo"]})
    assert "name, city" in str(caught.value)


@pytest.mark.parametrize("header", ["Customer no.", "customer #", "Customer Nr", "CustomerNumber", "customer_num"])
def test_a_number_of_a_customer_is_the_customer(header: str) -> None:
    assert headers.name_rank("customer", headers.normalise(header)) is not None
