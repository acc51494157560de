"""Fixed inputs of a report, for the tests of voc.report. The company and all texts were made up for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from zoneinfo import ZoneInfo

from tests.loop_inputs import LOOP
from voc.report.build import ReportInputs
from voc.report.value import CallBack, Coverage, Quote, Rejects
from voc.results import Alarm, DayCount, Theme, ThemeResult, WeekRow, Where
from voc.taxonomy import default_taxonomy
from voc.trends import alarms, count_all, located, tally_of, weekly, whole
from voc.trends.correct import ErrorTable
from voc.weeks import Week

TAXONOMY = replace(default_taxonomy(), version="churn-drivers-1-00000000")  # golden files outlive an edit of its texts
LABELS = TAXONOMY.labels
WEEK = "2026-W46"
# Of each label in turn (complaints D I K N, praises D I K N, leave): counts in the weeks up to W46. Praise of courtesy
# had a bad month in the summer; neglect is complained of more from W45 on.
DOCUMENTS = (391, 405, 383, 399, 410, 387, 402, 395, 408, 390, 401, 388, 402, 371, 395, 0, 420, 377, 409, 412)
COUNTS = (
    (19, 21, 18, 20, 17, 19, 22, 18, 20, 21, 18, 20, 17, 19, 22, 0, 18, 16, 21, 18),
    (50, 52, 47, 49, 55, 48, 51, 46, 53, 50, 49, 49, 55, 47, 50, 0, 58, 49, 51, 47),
    (11, 12, 10, 13, 9, 11, 12, 10, 11, 12, 9, 12, 9, 11, 13, 0, 10, 12, 9, 13),
    (15, 17, 14, 16, 18, 15, 16, 14, 17, 15, 16, 16, 15, 14, 18, 0, 17, 15, 24, 35),
    (72, 75, 70, 74, 76, 71, 73, 74, 75, 38, 36, 71, 80, 69, 75, 0, 83, 70, 78, 79),
    (61, 63, 59, 62, 64, 60, 63, 61, 65, 60, 62, 60, 66, 58, 63, 0, 70, 61, 64, 60),
    (23, 24, 21, 22, 25, 23, 22, 24, 23, 21, 24, 22, 25, 19, 24, 0, 27, 22, 23, 26),
    (32, 30, 31, 33, 29, 32, 30, 31, 34, 30, 32, 31, 29, 33, 30, 0, 35, 28, 34, 27),
    (13, 14, 12, 15, 13, 12, 14, 13, 15, 13, 12, 14, 12, 13, 15, 0, 13, 12, 14, 21),
)
# What is known of the classifier, of all labels but one: that one's shares are not corrected.
ERRORS = {label: (160.0, 40.0, 30.0, 2970.0) for label in LABELS if label != "unknowledgeable.complaint"}
CORRECTED = frozenset(ERRORS)
FOUND, LEFT = 0.85, 0.015  # probabilities of labels that are found, and of those that are not
CHANNELS = ("review", "email", "chat", "call", "review", "email", "review", "letter")
LANGUAGES = ("en", "en", "zh-Hans", "en", "zh-Hant")
PRODUCTS = ("ferry", "freight", "", "ferry", "season ticket")


def day_counts(
    documents: Sequence[int] = DOCUMENTS, counts: Sequence[Sequence[int]] = COUNTS, *, last: str = WEEK
) -> list[DayCount]:
    """Documents with these counts in the weeks up to ``last``: nine in ten name a customer; of neglect, which is
    counted from the other end, more come by phone when there is more of it."""
    first = Week.parse(last).plus(1 - len(documents))
    found = []
    for w, n in enumerate(documents):
        day = first.plus(w).start.isoformat()
        for i in range(n):
            labels = {
                label
                for label, series in zip(LABELS, counts, strict=True)
                if (n - 1 - i if label == "neglect.complaint" else i) < series[w]
            }
            customer = f"c{w % 4}-{i}" if i % 10 != 9 else None
            calls = "neglect.complaint" in labels and i % 2
            channel = "call" if calls else CHANNELS[i % 8]
            product = PRODUCTS[len(found) % 5]
            found.append(
                DayCount(
                    f"{w}-{i}", day, customer, frozenset(labels), True, channel, LANGUAGES[i % 5], product,
                    probabilities=tuple(FOUND if label in labels else LEFT for label in LABELS),
                )
            )  # fmt: skip
    return found


def week_rows(
    documents: Sequence[int] = DOCUMENTS,
    counts: Sequence[Sequence[int]] = COUNTS,
    *,
    last: str = WEEK,
    last_partial: bool = False,
    corrected: frozenset[str] = CORRECTED,
) -> list[WeekRow]:
    """Rows as the trends make them of these counts."""
    table = tuple(tuple(series) for series in counts)
    return list(_rows(tuple(documents), table, last, last_partial, corrected))


@cache
def _rows(
    documents: tuple[int, ...],
    counts: tuple[tuple[int, ...], ...],
    last: str,
    last_partial: bool,
    corrected: frozenset[str],
) -> tuple[WeekRow, ...]:
    week = Week.parse(last)
    as_of = week.start if last_partial else week.end
    found = day_counts(documents, counts, last=last)
    first = week.plus(1 - len(documents))
    if documents and not documents[0]:  # the row of an empty week needs a document, which names no label
        found = [DayCount("none", first.start.isoformat(), None, frozenset(), False), *found]
    errors = {label: ErrorTable(*counts) for label, counts in ERRORS.items() if label in corrected}
    return tuple(weekly(found, labels=LABELS, zone=ZoneInfo("UTC"), as_of=as_of, week=week, errors=errors))


def in_season(added: float) -> list[WeekRow]:
    """The usual rows, in the last of which the time of year adds so much to each baseline."""
    *before, last = week_rows()
    trends = {label: replace(trend, season=added) for label, trend in last.trends.items()}
    return [*before, replace(last, trends=trends)]


def places(rows: Sequence[WeekRow], found: Sequence[Alarm], counts: Sequence[DayCount]) -> list[Where]:
    """Where the signals of the last week lie."""
    now = [a for a in found if a.last == rows[-1].week and a.state in ("new", "stands")]
    tallies = [t for a in now[:3] if (t := tally_of(a, rows))]

    def week_at(time: str | None) -> str | None:
        return str(Week.of(date.fromisoformat(time))) if time else None

    count_all(tallies, counts, week_at)
    return [where for t in tallies if (where := located(t, rows[-1].corrections.get(t.series)))]


def with_rows(inputs: ReportInputs, rows: Sequence[WeekRow]) -> ReportInputs:
    """``inputs`` with other rows, and the alarms that these give."""
    week = rows[-1].week if rows else inputs.week
    return replace(inputs, rows=rows, week=week, alarms=alarms(rows, week), places=())


def quote(
    number: int, text: str, *, channel: str = "email", language: str = "en", day: str | None = "2026-11-11"
) -> Quote:
    product = "ferry" if number % 3 else "freight"
    return Quote(f"{number:032x}", f"HL-{20300 + number}", text, channel, language, day, product)


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


WITHDRAWN_ALARM = Alarm(
    "leave", "shift_up", "2026-W39", "2026-W40", 2, "withdrawn", 0.071, 0.034, 0.0021, 0.019
)  # fmt: skip
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
    near_duplicates=64,
    families=21,
)


def inputs() -> ReportInputs:
    """The usual week: complaints about neglect rose; one week was empty."""
    result, theme_quotes = themes()
    rows = week_rows()
    found = sorted([*alarms(rows, WEEK), WITHDRAWN_ALARM], key=lambda a: a.since, reverse=True)
    return ReportInputs(
        week=WEEK,
        as_of="2026-11-15",
        model="voc-e5-small-drivers@0123456789ab",
        taxonomy=TAXONOMY,
        rows=rows,
        themes=result,
        theme_quotes=theme_quotes,
        quotes=QUOTES,
        callbacks=CALLBACKS,
        coverage=COVERAGE,
        rejects=Rejects(14, {"missing_text": 9, "column_count": 5}),
        company="Harbour Line",
        theme_start="2026-09-07",
        theme_end="2026-11-15",
        alarms=found,
        places=places(rows, found, day_counts()),
        change_quotes={"neglect.complaint": NEGLECT},
        loop=LOOP,
        errors=ERRORS,
    )


def whole_inputs() -> ReportInputs:
    """A store in which nothing is dated."""
    counts = day_counts((900,), [[sum(series[:5])] for series in COUNTS])
    row, n = whole(counts, labels=LABELS), 900
    coverage = replace(
        COVERAGE, documents=n, start=None, end=None, undated=n, week_documents=n, week_channels={}, week_languages={}
    )
    return replace(
        inputs(), week="all", as_of=None, rows=[row], coverage=coverage, theme_start=None, theme_end=None, company=None,
        alarms=(), places=(), errors={}, loop=replace(LOOP, start=None, end=None),
    )  # fmt: skip


def no_data_inputs() -> ReportInputs:
    """A week without any feedback."""
    documents = (*DOCUMENTS[:-1], 0)
    counts = [(*series[:-1], 0) for series in COUNTS]
    return replace(
        with_rows(inputs(), week_rows(documents, counts)),
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
        words = [HOSTILE[(i + step) % 12] for step in (0, 3, 5, 7)]
        return Quote(q.key, *words, q.day, HOSTILE[(i + 9) % 12])

    quotes = {d: [bad(q, i + 4 * j) for i, q in enumerate((*qs, *qs))] for j, (d, qs) in enumerate(QUOTES.items())}
    found = [
        replace(
            t, id=HOSTILE[i], labels=dict.fromkeys(t.labels, HOSTILE[i + 2]), driver=HOSTILE[i + 4], state=HOSTILE[-i]
        )
        for i, t in enumerate(base.themes.themes)
    ]
    counts = dict.fromkeys(HOSTILE, 3)
    located = [
        replace(w, parts=tuple(replace(p, value=HOSTILE[i % 12]) for i, p in enumerate(w.parts))) for w in base.places
    ]
    return replace(
        base,
        places=located,
        change_quotes={label: [bad(q, 6) for q in quotes] for label, quotes in base.change_quotes.items()},
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
