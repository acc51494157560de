"""Fixed inputs of a report, for the tests of voc.report. The company and all texts were made up for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from voc.report.build import ReportInputs
from voc.report.value import CallBack, Coverage, Quote, Rejects
from voc.results import Cell, Theme, ThemeResult, WeekRow
from voc.taxonomy import default_taxonomy
from voc.trends import wilson
from voc.weeks import Week

TAXONOMY = replace(default_taxonomy(), version="churn-drivers-1-00000000")  # golden files outlive an edit of its texts
LABELS = TAXONOMY.labels
WEEK = "2026-W46"
# Of each label in turn (complaints D I K N, praises D I K N, leave): counts in the weeks up to W46.
DOCUMENTS = (388, 402, 371, 395, 0, 420, 377, 409, 398, 412)
COUNTS = (
    (20, 17, 19, 22, 0, 18, 16, 21, 19, 18),
    (49, 55, 47, 50, 0, 58, 49, 51, 52, 47),
    (12, 9, 11, 13, 0, 10, 12, 9, 11, 13),
    (16, 15, 14, 18, 0, 17, 15, 19, 24, 35),
    (71, 80, 69, 75, 0, 83, 70, 78, 74, 79),
    (60, 66, 58, 63, 0, 70, 61, 64, 66, 60),
    (22, 25, 19, 24, 0, 27, 22, 23, 21, 26),
    (31, 29, 33, 30, 0, 35, 28, 34, 30, 27),
    (14, 12, 13, 15, 0, 13, 12, 14, 17, 21),
)


def week_rows(
    documents: Sequence[int] = DOCUMENTS,
    counts: Sequence[Sequence[int]] = COUNTS,
    *,
    last: str = WEEK,
    last_partial: bool = False,
) -> list[WeekRow]:
    """Rows as the trends make them: Wilson intervals, changes against the mean of the weeks before with data."""
    first = Week.parse(last).plus(1 - len(documents))
    rows: list[WeekRow] = []
    for i, n in enumerate(documents):
        partial = last_partial and i == len(documents) - 1
        before = [] if partial or not n else [j for j in range(i) if documents[j]][-12:]
        cells = {
            label: cell(series[i], n, [series[j] / documents[j] for j in before])
            for label, series in zip(LABELS, counts, strict=True)
        }
        rows.append(WeekRow(str(first.plus(i)), n, round(n * 0.9) or None, partial, len(before), cells))
    return rows


def cell(k: int, n: int, before: Sequence[float] = ()) -> Cell:
    if n == 0:
        return Cell(0, 0, None, None, None, None, None)
    low, high = wilson(k, n)
    return Cell(n, k, k / n, k / n, low, high, k / n - fmean(before) if before else None)


def quote(
    number: int, text: str, *, channel: str = "email", language: str = "en", day: str | None = "2026-11-11"
) -> Quote:
    return Quote(f"{number:032x}", f"HL-{20300 + number}", text, channel, language, day)


NEGLECT = (
    quote(1, "I have written four times since October and not one of the four messages was answered."),
    quote(2, "On hold for 50 minutes, then the line went dead. Nobody called back on [phone].", channel="call"),
    quote(3, "客服一直不回消息，等了三天也没有人跟进。", channel="chat", language="zh-Hans", day="2026-11-12"),
    quote(4, "寄了兩封信都石沉大海，打電話也沒人接。", channel="letter", language="zh-Hant", day="2026-11-13"),
)
QUOTES: Mapping[str, Sequence[Quote]] = {
    "discourtesy": (
        quote(5, "The man at the gate rolled his eyes and told my mother to learn to read.", channel="review"),
        quote(6, "检票员态度很差，当着所有人的面大声训斥我们。", channel="review", language="zh-Hans"),
    ),
    "incompetence": (
        quote(
            7, "Charged twice for the same crossing, and the refund went to a card that is not mine.", channel="email"
        ),
        quote(8, "班次取消了三小時才通知，改票又改錯日期。", channel="review", language="zh-Hant"),
        quote(9, "They lost the booking for our car although I had the confirmation in my hand.", channel="survey"),
    ),
    "unknowledgeable": (
        quote(10, "Three people, three different answers about whether my dog may come aboard.", channel="chat"),
    ),
    "neglect": NEGLECT,
}
CALLBACKS = (
    CallBack(
        quote(11, "That was the last time. I have cancelled our family card and will fly from now on."),
        ("neglect", "incompetence"),
    ),
    CallBack(
        quote(12, "再也不会坐你们的船了，年票已经退了。", channel="review", language="zh-Hans", day="2026-11-10"),
        ("neglect",),
    ),
    CallBack(
        quote(13, "We are moving our freight to another line from December.", channel="letter", day="2026-11-14"), ()
    ),
)


def themes() -> tuple[ThemeResult, dict[tuple[str, int], Quote]]:
    spec = (
        ("t1", {"en": "no answer to e-mails", "zh-Hans": "邮件无人回复"}, "neglect", "new", 61, NEGLECT[:3]),
        (
            "t2",
            {"en": "charged twice, refund", "zh-Hans": "重复扣款、退款"},
            "incompetence",
            "known",
            44,
            QUOTES["incompetence"][:1],
        ),
        (
            "t3",
            {"en": "cancelled sailing, told late", "zh-Hans": "取消班次通知晚"},
            "incompetence",
            "known",
            38,
            QUOTES["incompetence"][1:2],
        ),
        ("t4", {"en": "staff at the gate", "zh-Hans": "检票口态度"}, "discourtesy", "known", 21, QUOTES["discourtesy"]),
    )
    found, quotes = [], {}
    for name, labels, driver, state, documents, words in spec:
        refs = tuple((q.key, 0) for q in words)
        quotes.update(zip(refs, words, strict=True))
        found.append(Theme(name, labels, driver, "complaint", state, refs, documents, documents - 3, refs))
    return ThemeResult(tuple(found), units=512, unassigned=187), quotes


COVERAGE = Coverage(
    documents=3610,
    start="2026-09-07",
    end="2026-11-15",
    channels={"review": 1620, "email": 910, "chat": 604, "call": 301, "survey": 120, "letter": 55},
    languages={"en": 2301, "zh-Hans": 870, "zh-Hant": 402, "fr": 29, "und": 8},
    undated=38,
    duplicates=112,
    statuses={"ok": 3561, "untested_language": 29, "empty": 8, "no_customer_turns": 12},
    sources={"reviews.csv": 1620, "mail.jsonl": 965, "contact-centre.jsonl": 905, "survey.csv": 120},
    week_documents=412,
    week_channels={"review": 180, "email": 121, "chat": 66, "call": 34, "survey": 7, "letter": 4},
    week_languages={"en": 262, "zh-Hans": 101, "zh-Hant": 46, "fr": 3},
)


def inputs() -> ReportInputs:
    """The usual week: neglect rose beyond its interval; one week was empty."""
    result, theme_quotes = themes()
    return ReportInputs(
        week=WEEK,
        as_of="2026-11-15",
        model="voc-e5-small-drivers@0123456789ab",
        taxonomy=TAXONOMY,
        rows=week_rows(),
        themes=result,
        theme_quotes=theme_quotes,
        quotes=QUOTES,
        callbacks=CALLBACKS,
        coverage=COVERAGE,
        rejects=Rejects(14, {"missing_text": 9, "column_count": 5}),
        company="Harbour Line",
        theme_start="2026-09-07",
        theme_end="2026-11-15",
    )


def whole_inputs() -> ReportInputs:
    """A store in which nothing is dated."""
    n = 900
    cells = {label: cell(sum(series), n) for label, series in zip(LABELS, (c[:5] for c in COUNTS), strict=True)}
    row = WeekRow("all", n, None, False, 0, cells)
    coverage = replace(
        COVERAGE, documents=n, start=None, end=None, undated=n, week_documents=n, week_channels={}, week_languages={}
    )
    return replace(
        inputs(), week="all", as_of=None, rows=[row], coverage=coverage, theme_start=None, theme_end=None, company=None
    )


def no_data_inputs() -> ReportInputs:
    """A week without any feedback."""
    documents = (*DOCUMENTS[:-1], 0)
    counts = [(*series[:-1], 0) for series in COUNTS]
    return replace(
        inputs(),
        rows=week_rows(documents, counts),
        quotes={},
        callbacks=(),
        themes=ThemeResult((), 0, 0),
        theme_quotes={},
        coverage=replace(COVERAGE, week_documents=0, week_channels={}, week_languages={}),
    )


HOSTILE = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=\'owned\'">',
    "<svg/onload=document.title='owned'>",
    "javascript:document.title='owned'",
    "</style><style>body{background:url(http://evil.example/a)}</style>",
    "</title><base href=http://evil.example/><link rel=stylesheet href=//evil.example/x.css>",
    "' onmouseover='document.title=1' style='position:fixed",
    "{{ 7*7 }}{% raw %}",
    "http://evil.example/ www.evil.example mail@evil.example",
    "a\u202ekcatta\u202c \x1b[31mred\x1b[0m \x00\x07",
    "[click](javascript:alert(1)) ![x](http://evil.example/p.png) | `code` **bold** <b>",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#60;",
)


def hostile_inputs() -> ReportInputs:
    """Every field that data can reach holds something that wants to be markup."""
    base = inputs()

    def bad(q: Quote, i: int) -> Quote:
        return Quote(q.key, HOSTILE[i % 12], HOSTILE[(i + 3) % 12], HOSTILE[(i + 5) % 12], HOSTILE[(i + 7) % 12], q.day)

    quotes = {d: [bad(q, i + 4 * j) for i, q in enumerate((*qs, *qs))] for j, (d, qs) in enumerate(QUOTES.items())}
    found = [
        replace(
            t, id=HOSTILE[i], labels=dict.fromkeys(t.labels, HOSTILE[i + 2]), driver=HOSTILE[i + 4], state=HOSTILE[-i]
        )
        for i, t in enumerate(base.themes.themes)
    ]
    counts = dict.fromkeys(HOSTILE, 3)
    return replace(
        base,
        model=HOSTILE[0],
        company=HOSTILE[1],
        themes=replace(base.themes, themes=tuple(found)),
        theme_quotes={ref: bad(q, i) for i, (ref, q) in enumerate(base.theme_quotes.items())},
        quotes=quotes,
        callbacks=[CallBack(bad(c.quote, i), (HOSTILE[i], *c.drivers)) for i, c in enumerate((*CALLBACKS, *CALLBACKS))],
        coverage=replace(
            base.coverage,
            channels=counts,
            languages=counts,
            statuses=counts,
            sources=counts,
            week_channels=counts,
            week_languages=counts,
        ),
        rejects=Rejects(40, counts),
    )
