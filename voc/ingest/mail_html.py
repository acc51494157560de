"""HTML of a mail to text: paragraphs and lists as lines, history marked with ``>``, the signature below ``--``."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_BLOCKS: Final = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    ]
)
_PARAGRAPHS: Final = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre"])
_UNSEEN: Final = frozenset(
    [
        "head",
        "script",
        "style",
        "title",
        "template",
        "noscript",
        "object",
        "iframe",
        "svg",
        "map",
        "select",
        "textarea",
        "-comment",
    ]
)
_HIDDEN: Final = re.compile(
    r"display\s*:\s*none|mso-hide\s*:\s*all|font-size\s*:\s*0(?:px|pt)?\s*(?:;|$)", re.IGNORECASE
)
# What mail programs put around the message that is answered, and around a signature.
_HISTORY: Final = re.compile(
    r"\b(?:gmail_quote|gmail_quote_container|gmail_extra|yahoo_quoted|moz-cite-prefix|protonmail_quote|"
    r"tutanota_quote|zmail_extra"
    r"|isReplyContent|ntes-mailmaster-quote|ntes_reply_previewContent|qmbox_quote|aolReplacedBody_quote|mail_quote|"
    r"OLK_SRC_BODY_SECTION"
    r"|wpf_quote|front-blockquote|hs_reply)",
)
_REST: Final = re.compile(r"\b(?:divRplyFwdMsg|appendonsend|stopSpelling|mail-editor-reference-message-container)\b")
_SIGNATURE: Final = re.compile(
    r"\b(?:gmail_signature|moz-signature|ms-outlook-mobile-signature|protonmail_signature_block|mail_signature|"
    r"ntes-mailmaster-sign)\b|^Signature$"
)
_MANY: Final = 5000  # tags nested deeper cost the parser time that grows with their square; no mail has them
_TAG: Final = re.compile(
    r"<(/?)(?:div|table|tbody|tr|td|span|blockquote|ul|ol|li|dl|section|center|form|article|font|p)\b", re.IGNORECASE
)
_ANY_TAG: Final = re.compile(r"<[^<>]{0,5000}>")
_SPACE: Final = re.compile(r"[ \t\r\n\f\u200b\u00ad\ufeff]+")


def html_to_text(html: str) -> str:
    """Text of an HTML mail. Lines of quoted history begin with ``> `` and a signature stands below a line ``-- ``, as
    they do in plain text; hidden parts, styles and scripts are left out. Never raises for any text."""
    if html.count("<") > _MANY and _is_deep(html):
        return re.sub(r"\s*\n\s*", "\n", unescape(_ANY_TAG.sub("\n", html))).strip()
    from selectolax.lexbor import LexborHTMLParser

    root = LexborHTMLParser(html).root
    writer = _Writer()
    if root is not None:
        _walk(root, writer)
    return writer.text()


def _is_deep(html: str) -> bool:
    depth = 0
    for found in _TAG.finditer(html):
        depth = max(0, depth - 1) if found[1] else depth + 1
        if depth > _MANY:
            return True
    return False


class _Writer:
    """Collects lines, each with the depth of quotation at which it was begun."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.quoted = 0
        self.pre = 0
        self.rest = False
        self.empty = False  # the last line is

    def add(self, text: str) -> None:
        if self.pre:
            first, *others = text.split("\n")
            self.line.append(first)
            for other in others:
                self.end()
                self.line.append(other)
            return
        text = _SPACE.sub(" ", text.replace("\xa0", " "))
        if text == " " and not self.line:
            return
        self.line.append(text.lstrip() if not self.line else text)

    def end(self) -> None:
        """End the line, also where nothing is on it."""
        text = "".join(self.line)
        text = text.rstrip() if self.pre else _SPACE.sub(" ", text).rstrip()
        self.empty = not text
        self.lines.append(f"{'> ' * min(self.quoted, 5)}{text}".rstrip() if self.quoted else text)
        self.line = []

    def block(self, *, gap: bool = False) -> None:
        """Begin a new line, below an empty one where ``gap``."""
        if any(part.strip() for part in self.line):
            self.end()
        self.line = []
        if gap and self.lines and not self.empty:
            self.end()

    def text(self) -> str:
        self.block()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self.lines)).strip("\n")


def _walk(root: LexborNode, writer: _Writer) -> None:
    """Depth first, without recursion: mails nest tables by the hundred."""
    stack: list[tuple[LexborNode | None, str]] = [(root, "")]
    while stack:
        node, leaving = stack.pop()
        if leaving:
            _leave(leaving, writer)
        if node is None:
            continue
        if not leaving:
            stack.append((node, "-next"))
            kind = _enter(node, writer)
            if kind is not None:
                stack.append((None, kind))
                child = node.first_child
                if child is not None:
                    stack.append((child, ""))
        elif leaving == "-next" and node.next is not None and node is not root:
            stack.append((node.next, ""))


def _enter(node: LexborNode, writer: _Writer) -> str | None:
    """Write what ``node`` begins with; what to do behind its children, None where they are left out."""
    tag = node.tag or ""
    if node.is_text_node:
        writer.add(node.text_content or "")
        return None
    if tag in _UNSEEN:
        return None
    names, style = _names(node)
    if style and _HIDDEN.search(style):
        return None
    if tag == "br":
        writer.end()
        return None
    if tag == "hr":
        writer.block()
        writer.add("-" * 10)
        writer.end()
        return None
    if tag in ("td", "th") and writer.line:
        writer.add(" ")
    history = tag == "blockquote" or (names and _HISTORY.search(names) is not None)
    signature = names and not writer.quoted and any(_SIGNATURE.search(name) for name in names.split("\n"))
    if tag in _BLOCKS or history or signature:
        writer.block(gap=tag in _PARAGRAPHS or bool(history))
    if tag == "li":
        writer.add("- ")
    if signature:
        writer.lines.append("-- ")
    if names and _REST.search(names):
        writer.rest = True
        history = True
    if history:
        writer.quoted += 1
    if tag == "pre":
        writer.pre += 1
    return f"{tag} {'q' if history and not writer.rest else ''}"


def _names(node: LexborNode) -> tuple[str, str]:
    attributes = node.attributes
    if not attributes:
        return "", ""
    names = "\n".join(attributes.get(key) or "" for key in ("id", "class") if attributes.get(key))
    return names[:1000], (attributes.get("style") or "")[:2000]


def _leave(kind: str, writer: _Writer) -> None:
    if kind == "-next":
        return
    tag, _, quoted = kind.partition(" ")
    if tag in _BLOCKS:
        writer.block(gap=tag in _PARAGRAPHS and not quoted)
    if quoted:
        writer.block()
        writer.quoted -= 1
    if tag == "pre":
        writer.pre -= 1
