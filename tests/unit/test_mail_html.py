from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.ingest.mail_body import newest_text
from voc.ingest.mail_html import html_to_text

TEXT = "The clerk was rude.\n\n他说“不知道”。"
BODY = "<p>The clerk was rude.</p><p>他说“不知道”。</p>"


def test_blocks_are_lines() -> None:
    html = (
        "<html><head><title>t</title><style>p{}</style></head><body><h1>Head</h1>one&nbsp;<b>two</b><br>three"
        "<ul><li>a</li><li>b</li></ul><table><tr><td>x</td><td>y</td></tr><tr><td>z</td></tr></table>"
        "<div style='display:none'>hidden</div><script>s()</script><pre>  k\n  l</pre></body></html>"
    )
    assert html_to_text(html).split("\n") == [
        "Head",
        "",
        "one two",
        "three",
        "",
        "- a",
        "- b",
        "",
        "x y",
        "z",
        "",
        "  k",
        "  l",
    ]


HISTORIES = (
    '<div class="gmail_quote"><div class="gmail_attr">On 3 Mar Lily wrote:<br></div><blockquote>old</blockquote></div>',
    '<div class="moz-cite-prefix">On 03.03.25 Lily wrote:</div><blockquote type="cite">old</blockquote>',
    '<div class="yahoo_quoted">On Monday Lily wrote: old</div>',
    '<div id="divRplyFwdMsg"><b>From:</b> Lily</div><div>old</div><div>older</div>',
    "<hr><div><b>From:</b> Lily &lt;l@h.example&gt;<br><b>Sent:</b> Monday<br>"
    "<b>To:</b> Ann<br><b>Subject:</b> Hi</div><p>old</p>",
    '<div id="isReplyContent">在 2025-03-03 10:00:00，"Lily" 写道：<br>old</div>',
    "<div>------------------&nbsp;原始邮件&nbsp;------------------</div><div><b>发件人:</b> Lily</div><div>old</div>",
    '<div class="gmail_signature">Ann<br>Lee &amp; Sons</div>',
    '<div id="Signature">Ann</div>',
)


@pytest.mark.parametrize("history", HISTORIES)
def test_history_and_signatures_are_marked(history: str) -> None:
    assert newest_text(html_to_text(BODY + history)).text == TEXT


def test_text_below_a_quotation_is_kept() -> None:
    assert newest_text(html_to_text("<blockquote>old</blockquote><p>new</p>")).text == "new"


@pytest.mark.parametrize(
    "html", ["<div>" * 100_000 + "x", "<table><tr><td>" * 1000 + "x", "x" + "<" * 100_000, "<b>" * 100_000 + "x"]
)
def test_deep_nesting_loses_nothing(html: str) -> None:
    assert "x" in html_to_text(html)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                ["<div>", "</div>", "<p", "<br>", "&#0;", "<!--", "-->", "<blockquote>", "<td>", "<pre>", "\0"]
            ),
            st.text(max_size=8),
        )
    )
)
def test_any_text(parts: list[str]) -> None:
    html_to_text("".join(parts))


@given(st.lists(st.text(st.sampled_from("abc客服éß&<>"), min_size=1, max_size=12), max_size=6))
def test_words_come_back(words: list[str]) -> None:
    escaped = [word.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for word in words]
    assert html_to_text("".join(f"<p>{word}</p>" for word in escaped)) == "\n\n".join(words)
