from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cost import takes_at_most
from voc.ingest.mail_body import newest_text, unwrap

EN = "The ferry left an hour late and nobody on the pier could tell us why.\n\nI want my money back."
HANS = "我的包裹三个星期了还没有到，客服每次都让我再等等。\n\n请尽快退款。"
HANT = "櫃檯的人員一直看手機，問什麼都說不知道。\n\n我下個月就換別家了。"
TEXTS = (EN, HANS, HANT)

INTRODUCTIONS = (
    "On Tue, 4 Mar 2025 at 10:15, Harbour Lines <help@harbour.example> wrote:",
    "On Tue, Mar 4, 2025 at 10:15 AM Harbour Lines Customer Care Team <\nhelp@harbour.example> wrote:",
    "On 4 Mar 2025, at 10:15, Lily Chan\n<lily@harbour.example>\nwrote:",
    "On 03/04/2025 10:15 AM, Lily Chan wrote:",
    "Lily Chan <lily@harbour.example> wrote:",
    "Lily Chan via Help Desk <lily@harbour.example> wrote on 04/03/2025 10:15:00 AM:",
    "**On Tue, Mar 4, 2025 at 10:15 AM Lily Chan <lily@harbour.example> wrote:**",
    "2025-03-04 10:15 GMT+08:00 Lily Chan <lily@harbour.example>:",
    "Am Di., 4. März 2025 um 10:15 Uhr schrieb Lily Chan <\nlily@harbour.example>:",
    "Le mar. 4 mars 2025 à 10:15, Lily Chan <lily@harbour.example> a\nécrit\xa0:",
    "El mar, 4 mar 2025 a las 10:15, Lily Chan (<lily@harbour.example>)\nescribió:",
    "Il giorno mar 4 mar 2025 alle ore 10:15 Lily Chan <lily@harbour.example>\nha scritto:",
    "Op di 4 mrt. 2025 om 10:15 schreef Lily Chan <lily@harbour.example>:",
    "Em ter., 4 de mar. de 2025 às 10:15, Lily Chan <lily@harbour.example>\nescreveu:",
    "Den tis 4 mars 2025 kl 10:15 skrev Lily Chan <lily@harbour.example>:",
    "4. mars 2025 kl. 10:15 skrev Lily Chan <lily@harbour.example>:",
    "ti 4. maalisk. 2025 klo 10.15 Lily Chan (lily@harbour.example) kirjoitti:",
    "W dniu 4.03.2025 o 10:15, Lily Chan pisze:",
    "Dne út 4. 3. 2025 10:15 uživatel Lily Chan <lily@harbour.example> napsal:",
    "вт, 4 мар. 2025 г. в 10:15, Lily Chan <lily@harbour.example>:",
    "2025年3月4日(火) 10:15 Lily Chan <lily@harbour.example>:",
    "2025년 3월 4일 (화) 오전 10:15, Lily Chan <lily@harbour.example>님이 작성:",
    "Lily Chan <lily@harbour.example> 于2025年3月4日周二 10:15写道：",
    "在 2025年3月4日，10:15，Lily Chan <lily@harbour.example> 写道：",
    '在 2025-03-04 10:15:33，"Lily Chan" <lily@harbour.example> 写道：',
    "陳小姐 <lily@harbour.example> 於 2025年3月4日 週二 上午10:15寫道：",
    "lily@harbour.example 於 2025/3/4 上午 10:15 寫道:",
    "-----Original Message-----\nFrom: Lily Chan\nSent: Tuesday",
    "---------- Forwarded message ---------\nFrom: Lily Chan <lily@harbour.example>",
    "------------------ 原始邮件 ------------------\n发件人: Lily Chan",
    "-----原始郵件-----\n寄件者: Lily Chan",
    "-------- Ursprüngliche Nachricht --------",
    "-----Message d'origine-----",
    "From: Lily Chan <lily@harbour.example>\nSent: Tuesday, 4 March 2025 10:15\nTo: Ann Lee\nSubject: Your trip",
    "*From:* Lily Chan <lily@harbour.example>\n*Date:* Tuesday, 4 March 2025\n*To:* Ann\n*Subject:* Your trip",
    "________________________________\nVon: Lily Chan <lily@harbour.example>\n"
    "Gesendet: Dienstag, 4. März\nAn: Ann\nBetreff: Fahrt",
    "De : Lily Chan <lily@harbour.example>\nEnvoyé : mardi 4 mars 2025\nÀ : Ann\nObjet : Trajet",
    "发件人: Lily Chan <lily@harbour.example>\n发送时间: 2025年3月4日 10:15\n收件人: 王小明\n主题: 您的行程",
    "##- Please type your reply above this line -##\n\nLily Chan, 4 March",
    "##- 请在此行上方回复 -##",
    "--- Reply above this line ---",
    "寄件者: Lily Chan <lily@harbour.example>\n寄件日期: 2025年3月4日 上午 10:15\n收件者: 王小明\n主旨: 您的行程",
)
HISTORY = "Dear customer,\n\nthank you for your patience. 感谢您的来信。\n\nHarbour Lines"


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("introduction", INTRODUCTIONS)
@pytest.mark.parametrize("marked", [True, False])
def test_history_is_taken_off(text: str, introduction: str, marked: bool) -> None:
    old = "\n".join(f"> {line}" for line in HISTORY.split("\n")) if marked else HISTORY
    found = newest_text(f"{text}\n\n{introduction}\n\n{old}\n")
    assert found.text == text
    assert "your patience" in found.quoted
    assert found.signature == ""


SIGNATURES = (
    "-- \nAnn Lee\nHead of a long list of things that nobody needs to know about her",
    "--\nAnn Lee",
    "Best regards,\nAnn Lee\n+44 20 7946 0000",
    "Kind regards\n\nAnn",
    "Thanks,\nAnn",
    "Thanks & regards\nAnn Lee",
    "Mit freundlichen Grüßen\nAnn Lee",
    "Cordialement,\nAnn",
    "-Ann",
    "Sent from my iPhone",
    "发送自 Windows 10 版邮件应用",
    "傳送自 iPhone 的郵件",
    "敬祝 商祺\n陳大文 敬上",
    "此致 敬礼\n王小明",
    "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "Von meinem iPhone gesendet",
    "Envoyé de mon iPhone",
    "发自我的iPhone",
    "發自我的 iPhone",
    "從我的 iPhone 傳送",
    "来自我的华为手机",
    "此致\n敬礼\n王小明",
    "祝好！\n王小明",
    "谢谢！\n王小明\n电话：13800138000",
    "順頌商祺\n陳大文 敬上",
    "Ann Lee\nann@lee.example\n+44 20 7946 0000\nwww.lee.example",
    "Regards,\nAnn\n\nThis e-mail and any attachments are confidential and intended solely for the addressee. "
    "If you are\nnot the intended recipient, please delete it.",
    "免责声明：本邮件含有保密信息，仅供收件人使用。",
    "____________________________________\nriders mailing list\nriders@lists.example",
)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("signature", SIGNATURES)
def test_signatures_are_taken_off(text: str, signature: str) -> None:
    found = newest_text(f"{text}\n\n{signature}\n")
    assert found.text == text
    assert found.signature.split() == signature.split()
    below = newest_text(f"{text}\n\n{signature}\n\n{INTRODUCTIONS[0]}\n> old\n")
    assert below.text == text


KEPT = (
    "On Friday I was told to wait.\nOn Monday I was told the same.",
    "Your clerk wrote: come back tomorrow. I did not.",
    "From: Shanghai\nTo: Hong Kong\nDate: 4 March\n\nThis flight was a disgrace.",
    "Thank you for your help with the booking, it was quick.",
    "Thanks for nothing!",
    "Three things went wrong:\n- no ticket\n- no reply\n- no refund",
    "I waited -- for two hours -- in the rain.",
    "Sent from my desk, where I still wait for your call.",
    "Best regards are not enough, I want a refund.",
    "Regards,\nAnn\n\nP.S. The toilets were filthy too.",
    "谢谢你们的耐心解释，我很满意。",
    "你们在网站上写道：全天服务。可是没有人接电话。",
    "此致敬礼这种话就免了，直接退款吧。",
    "My number is +44 20 7946 0000, call me.",
    "Dear team,\n\nplease reply below:\n\n------ your answer here ------\n\nI expect it today.",
    ">>> read this first <<<\nYour app is broken.",
)


@pytest.mark.parametrize("text", KEPT)
def test_what_looks_alike_stays(text: str) -> None:
    assert newest_text(text).text == text


def test_answers_between_quoted_lines_are_all_kept() -> None:
    body = (
        "On 3 Mar 2025, at 9:00, Lily <lily@harbour.example> wrote:\n\n> When did you travel?\n\nOn Sunday.\n\n"
        "> 您的订单号是多少？\n\n订单号 HL-20393。\n\n> Regards\n> Lily\n\n-- \nAnn\n"
    )
    found = newest_text(body)
    assert found.text.split("\n\n") == ["On Sunday.", "订单号 HL-20393。"]
    assert found.signature == "--\nAnn"
    assert "When did you travel" in found.quoted


def test_text_below_the_history_is_kept() -> None:
    body = "On 3 Mar 2025, at 9:00, Lily <lily@harbour.example> wrote:\n> Did it arrive?\n\nNo, it did not.\n"
    assert newest_text(body).text == "No, it did not."


def test_the_senders_name_closes_the_text() -> None:
    body = f"{EN}\n\nAnn M. Lee | Purchasing\nLee & Sons"
    assert newest_text(body, "Ann Lee <ann@lee.example>").text == EN
    assert newest_text(body, '"Lee, Ann" <ann@lee.example>').text == EN
    assert newest_text(body).text != EN
    assert newest_text(f"{HANS}\n\n王小明", "王小明 <wang@x.example>").text == HANS
    assert newest_text("My name is Ann Lee and I wait.\n\nWhy?", "Ann Lee <a@b.example>").text.startswith("My name")


def test_the_help_desks_own_mail_begins_with_its_line() -> None:
    assert newest_text(f"##- Please type your reply above this line -##\n\n{EN}").text == EN


def test_the_senders_address_closes_the_text() -> None:
    body = f"{HANS}\n\nwang@x.example\n\n发件人： 客服\n发送时间： 2025-03-04 10:15\n收件人： wang\n主题： 回复\n您好\n"
    assert newest_text(body, "王 <wang@x.example>").text == HANS
    assert "wang@x.example" in newest_text(body, "王 <li@x.example>").text


def test_headers_above_the_text_are_the_writers_own_unless_they_received_them() -> None:
    head = "From: Lily <lily@harbour.example>\nTo: ann@lee.example\nSubject: Your trip\nDate: 4 March 2025\n\n"
    assert newest_text(head + EN).text == EN
    received = newest_text(head + EN, "Ann <ann@lee.example>")
    assert received.text == ""
    assert EN in received.quoted


def test_the_servers_warning_is_no_text() -> None:
    body = f"CAUTION: This email originated from outside of the organisation. Do not click links.\n\n{EN}"
    assert newest_text(body).text == EN


def test_reply_on_the_line_of_the_introduction() -> None:
    assert (
        newest_text("Still broken. On Mon, 3 Mar 2025 at 9:00, a@b.example wrote:\n> Is it?\n").text == "Still broken."
    )


def test_lines_that_a_program_wrapped_are_joined() -> None:
    first, rest = (
        "I have been waiting for my refund since the beginning of March",
        "and nobody called.\nShort.\n\nNew one.",
    )
    assert unwrap(f"{first}\n{rest}") == f"{first} {rest}"
    assert unwrap(HANS) == HANS
    listed = "I have been waiting for all of these things since the beginning:\n- a refund\n- an apology"
    assert unwrap(listed) == listed


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [
                    *INTRODUCTIONS,
                    *SIGNATURES,
                    "> old",
                    ">> older",
                    "",
                    "On",
                    "<",
                    "Subject:",
                    "wrote:",
                    "--",
                    "\r",
                    "\x0b",
                ]
            ),
            st.text(max_size=30),
        ),
        max_size=12,
    ),
    st.text(max_size=20),
)
def test_nothing_is_made_up_and_nothing_lost(parts: list[str], sender: str) -> None:
    body = "\n".join(parts)
    found = newest_text(body, sender)
    if " On " not in body and "-On " not in body:  # where a line is cut there, its dashes go
        assert sorted("".join("".join(found).split())) == sorted("".join(body.split()))
    assert found.text == found.text.strip("\n \t")


@pytest.mark.parametrize(
    "line", ["On 1 Jan 2025, a <", "From: a", "--", "Regards,", ">", "", "x On Mon, 1 2025 a", "wrote: "]
)
def test_time_grows_with_the_length(line: str) -> None:
    newest_text("warm up")
    body = f"{line}\n" * 20_000
    assert takes_at_most(2, lambda: newest_text(body, "Ann Lee <a@b.example>"))
