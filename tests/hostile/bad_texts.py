"""Mail and transcripts that are too deep, too many or broken."""

from __future__ import annotations

from pathlib import Path

from tests.hostile.makers import file_of, maker


def mail_of(folder: Path, *body: bytes | str, kind: str = "text/plain", head: str = "", name: str = "a.eml") -> Path:
    top = (
        f"From: a@customer.example\nSubject: late\nDate: Tue, 3 Nov 2026 10:00:00 +0000\n{head}Content-Type: {kind}\n\n"
    )
    return file_of(folder, name, top, *body)


@maker
def mail_nested_parts(folder: Path, mb: int) -> Path:
    parts = (f"--b{n}\nContent-Type: multipart/mixed; boundary=b{n + 1}\n\n" for n in range(10_000))
    return mail_of(folder, *parts, "late again\n", kind="multipart/mixed; boundary=b0")


@maker
def mail_many_parts(folder: Path, mb: int) -> Path:
    part = "--b\nContent-Type: text/plain\n\nlate\n"
    return mail_of(folder, part * 10_000, "--b--\n", kind="multipart/mixed; boundary=b")


@maker
def mail_inmail_of(folder: Path, mb: int) -> Path:
    return mail_of(folder, "Content-Type: message/rfc822\n\n" * 10_000, "late\n", kind="message/rfc822")


@maker
def mail_attachment(folder: Path, mb: int) -> Path:
    parts = ("QUJD" * 19 + "\n",) * 13_000
    head = "--b\nContent-Type: text/plain\n\nIt was late again.\n--b\nContent-Type: application/zip; name=x.zip\n"
    code = "Content-Transfer-Encoding: base64\n\n"
    return mail_of(
        folder, head, code, *("".join(parts) for _ in range(mb)), "--b--\n", kind="multipart/mixed; boundary=b"
    )


@maker
def mail_attachment_in_one_line(folder: Path, mb: int) -> Path:
    head = "--b\nContent-Type: text/plain\n\nIt was late again.\n--b\nContent-Type: application/zip; name=x.zip\n"
    code = "Content-Transfer-Encoding: base64\n\n"
    return mail_of(
        folder, head, code, *("QUJD" * 250_000 for _ in range(mb)), "\n--b--\n", kind="multipart/mixed; boundary=b"
    )


@maker
def mail_binary_attachment(folder: Path, mb: int) -> Path:
    head = "--b\nContent-Type: text/plain\n\nIt was late again.\n--b\nContent-Type: application/zip; name=x.zip\n\n"
    return mail_of(
        folder, head, *(bytes(range(256)) * 4000 for _ in range(mb)), "\n--b--\n", kind="multipart/mixed; boundary=b"
    )


@maker
def mail_broken_base64(folder: Path, mb: int) -> Path:
    return mail_of(
        folder, "QUJ!D=\xff==Q\n" * 2000, head="Content-Transfer-Encoding: base64\n", kind="text/plain; charset=utf-8"
    )


@maker
def mail_broken_quoted_printable(folder: Path, mb: int) -> Path:
    return mail_of(folder, "=\n" * 100_000, "=ZZ=", "=" * 100_000, head="Content-Transfer-Encoding: quoted-printable\n")


@maker
def mail_wrong_charset(folder: Path, mb: int) -> Path:
    return mail_of(
        folder, "晚点三个小时".encode("gb18030") * 200, b"\x80\xff\0", kind="text/plain; charset=utf-7; charset=\0"
    )


@maker
def mail_headers(folder: Path, mb: int) -> Path:
    head = "X-A: b\n" * 100_000 + f"References: {'<a@b> ' * 50_000}\n" + f"To: {'a <a@b>, ' * 20_000}\n"
    return mail_of(folder, "It was late again.\n", head=head)


@maker
def mail_encoded_words(folder: Path, mb: int) -> Path:
    words = "=?utf-8?q?late?= =?x?b?QQ?= =?gb2312?b?" + "A" * 200 + "?= "
    return mail_of(
        folder,
        "It was late again.\n",
        head=f"Subject: {words * 3000}\nX-From: {'(' * 20_000}\nReply-To: {'(' * 20_000}a@b\n",
    )


@maker
def mail_folded_header(folder: Path, mb: int) -> Path:
    return mail_of(folder, "It was late again.\n", head="X-Note: a\n" + " b\n" * 200_000)


@maker
def mail_deep_html(folder: Path, mb: int) -> Path:
    return mail_of(folder, "<div><b><table>" * 60_000, "late", kind="text/html")


@maker
def mail_open_tags(folder: Path, mb: int) -> Path:
    return mail_of(
        folder, "<" * 500_000, "<!--" * 50_000, "&" * 100_000, "&#" * 50_000, "<a b='" * 50_000, kind="text/html"
    )


@maker
def mail_blank_lines(folder: Path, mb: int) -> Path:
    return mail_of(
        folder, " \n" * 100_000, "\t" * 100_000, "\n" * 100_000, "> " * 100_000, "\n", "-" * 100_000, "\nlate\n"
    )


@maker
def mail_quote_signs(folder: Path, mb: int) -> Path:
    return mail_of(
        folder, ">" * 300_000, "\n", "On " * 50_000, "wrote:\n", "From: " * 30_000, "\n", "a<b@c>" * 30_000, "\nlate\n"
    )


@maker
def mbox_of_nothing(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.mbox", "From a@b Tue Nov  3 10:00:00 2026\nSubject: x\n\n" * 5_000)


@maker
def mbox_in_a_ring(folder: Path, mb: int) -> Path:
    count = 2_000
    head = (
        "From a@b Tue Nov  3 10:00:00 2026\nFrom: a@customer.example\nSubject: late\n"
        "Message-ID: <{}@x>\nIn-Reply-To: <{}@x>\n\nlate\n\n"
    )
    return file_of(folder, "a.mbox", *(head.format(n, (n + 1) % count) for n in range(count)))


@maker
def msg_that_is_none(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.msg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xfe\xff\xff\xff" * 4_000)


@maker
def vtt_times(folder: Path, mb: int) -> Path:
    cues = (
        "00:05.000 --> 00:02.000\nAgent: hello\n",
        "00:01.000 --> 00:09.000\nCustomer: nobody came\n",
        "-00:01.000 --> -00:09.000\nwe waited\n",
        "99999999:00:00.000 --> 99999999:00:01.000\nand waited\n",
        "00:00.000 --> 00:00.000\nagain\n",
        "xx --> yy\nand went home\n",
        "9" * 5000 + ":00.000 --> 00:01.000\nlate\n",
        "00:01.000" + " " * 50_000 + "--> 00:02.000" + ":" * 50_000 + "\nlate\n",
        "-->" * 50_000 + "\nlate\n",
    )
    return file_of(folder, "a.vtt", "WEBVTT\n\n", "\n".join(cues))


@maker
def vtt_cues(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.vtt", "WEBVTT\n\n", *("00:00.000 --> 00:00.001\na b\n\n" * 33_000 for _ in range(mb)))


@maker
def vtt_tags(folder: Path, mb: int) -> Path:
    return file_of(
        folder,
        "a.vtt",
        "WEBVTT\n\n00:00.000 --> 00:09.000\n",
        "<" * 100_000,
        "<v a>" * 50_000,
        "<b." * 50_000,
        "\n",
        "a<v b>" * 40_000,
    )


@maker
def vtt_nested_tags(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.vtt", "WEBVTT\n\n00:00.000 --> 00:09.000\n", "<b>x" * 200_000)


@maker
def vtt_voices_without_words(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.vtt", "WEBVTT\n\n00:00.000 --> 00:09.000\nlate ", "<v a>1</v><v b>2</v>" * 40_000)


@maker
def srt_dashes(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.srt", "1\n00:00:00,000 --> 00:00:09,000\n- we waited\n- and waited\n", "b\n" * 400_000)


@maker
def vtt_blank_lines(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.vtt", "WEBVTT\n\n00:00.000 --> 00:09.000\nlate\n", *("\n" * 1_000_000 for _ in range(mb)))


@maker
def srt_cues(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.srt", *("1\n00:00:00,000 --> 00:00:00,001\nwe waited\n\n" * 23_000 for _ in range(mb)))


@maker
def txt_speakers(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.txt", *(f"Speaker {n}: it was late\n" for n in range(20_000)))


@maker
def txt_one_line(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.txt", "Agent: hello\nCustomer: ", *("late: " * 160_000 for _ in range(mb)))


@maker
def txt_one_turn(folder: Path, mb: int) -> Path:
    return file_of(
        folder, "a.txt", "Agent: hello\nCustomer: late\nAgent: oh\nCustomer:", *("b\n" * 500_000 for _ in range(mb))
    )


@maker
def txt_one_turn_below_a_name(folder: Path, mb: int) -> Path:
    return file_of(
        folder,
        "a.txt",
        "Agent 0:01\nhello\nCustomer 0:02\n",
        "b c\n" * 2,
        "Agent 0:03\n",
        *("\n" * 500_000 for _ in range(mb)),
        "x",
    )


@maker
def transcript_json_of_marks(folder: Path, mb: int) -> Path:
    items = '{"start_time": "1", "alternatives": [{"content": "late"}]}' + ', {"content": "."}' * 50_000
    return file_of(folder, "a.json", '{"results": {"items": [', items, "]}}")


@maker
def txt_colons(folder: Path, mb: int) -> Path:
    return file_of(
        folder,
        "a.txt",
        ":" * 300_000,
        "\n",
        "[" * 300_000,
        "\n",
        "a:" * 100_000,
        "\n",
        " " * 300_000,
        "x\n",
        "1:" * 100_000,
    )


@maker
def transcript_json_deep(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.json", '{"segments": ', "[" * 10_000, "]" * 10_000, "}")


@maker
def transcript_json_of_empty_lists(folder: Path, mb: int) -> Path:
    return file_of(
        folder, "a.json", '{"segments": [{"speaker": "a", "text": "late"}', *(",[]" * 333_000 for _ in range(mb)), "]}"
    )
