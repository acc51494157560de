"""The loop section of the fixed report: every kind of thing it can say. All of it was made up."""

from __future__ import annotations

from voc.report import ActionRow, CaseRow, Loop, Quote, ReplyRow, Returns, ReturnStory, StockText, WaitRow


def _quote(number: int, text: str, channel: str, language: str, day: str) -> Quote:
    return Quote(f"{number:032x}", f"HL-{20300 + number}", text, channel, language, day)


CALLED = CaseRow("c00000000a1", "HL-20311", ("neglect", "incompetence"), "email", "Support lead", "open", "2026-11-11",
                 "2026-11-11", 1840.0)  # fmt: skip
NOBODYS = CaseRow("c00000000b2", "HL-20312", ("neglect",), "review", "", "contacted", "2026-11-10", "2026-11-14", None)
EARLIER = (
    CaseRow(
        "c00000000c3", "HL-20298", ("discourtesy",), "call", "Gate team", "won_back", "2026-11-03", "2026-11-12", None
    ),
    CaseRow("c00000000d4", "HL-20287", ("neglect",), "email", "", "lost", "2026-10-28", "2026-11-09", 95.5),
)
LOOP = Loop(
    start="2026-08-24",
    end="2026-11-15",
    replies=(
        ReplyRow("", 180, 61, 25, 65, 21, 8),
        ReplyRow("email", 121, 52, 25, 56, 14, 7),
        ReplyRow("chat", 59, 9, 0, 9, 7, 1),
    ),
    stocks=(
        StockText("Your remarks have been recorded under HL-… and passed on.", 41, ("email",)),
        StockText("您反映的情况我们已经记录，编号 …，并转交有关部门跟进处理。", 20, ("chat", "email")),
    ),
    returns=Returns(17, 15, 3, 2, 140, 8.5, 12, {"neglect": 11, "incompetence": 6}, {"review": 10, "call": 7}),
    stories=(
        ReturnStory(
            ("neglect",),
            9,
            _quote(71, "No answer about the lost pram since the first of October.", "email", "en", "2026-10-30"),
            _quote(72, "Three lines that say nothing. Still no pram.", "review", "en", "2026-11-12"),
        ),
    ),
    waits=(
        WaitRow("email", 160, 39, 93_600.0, 200_000.0, 93_600.0, 777_600.0),
        WaitRow("call", 59, 1, 2.4, 8.0, 44.9, 210.0),
        WaitRow("chat", 12, 0, None, None, None, None),
    ),
    cases=EARLIER,
    states={"contacted": 1, "lost": 1, "open": 1, "won_back": 1},
    callbacks={f"{11:032x}": CALLED, f"{12:032x}": NOBODYS},
    actions=(
        ActionRow(1, "neglect", "Support lead", "2026-11-12", "answer every mail in a day", "2026-10-26", None, 0.031,
                  0.062, "up"),
        ActionRow(2, "discourtesy", "Gate team", "2026-12-01", "多留十分钟", "2026-11-02", None, 0.041, 0.038, "none"),
        ActionRow(3, "incompetence", "", None, "check refunds", "2026-09-07", "2026-10-01", 0.12, 0.11, "down"),
        ActionRow(4, "unknowledgeable", "", None, "a page on pets aboard", "2026-11-02", None, None, None, None),
        ActionRow(5, "neglect", "", None, "夜班接线", "2026-11-09", None, None, 0.062, "new"),
    ),
)  # fmt: skip
