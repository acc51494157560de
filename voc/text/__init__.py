"""Text: its repair, language, turns, sentence-like pieces, and a form for people to read.

Every offset counts code points of the document's text, which is repaired once, when the document is built, and never
again: nothing else here changes a text before it measures.
"""

from __future__ import annotations

from voc.text.display import display
from voc.text.language import TESTED_LANGUAGES, detect_language
from voc.text.repair import repair, repair_turns
from voc.text.segments import segment
from voc.text.turns import parse_turns

__all__ = ["TESTED_LANGUAGES", "detect_language", "display", "parse_turns", "repair", "repair_turns", "segment"]
