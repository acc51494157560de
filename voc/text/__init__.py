"""Text as it was given: language, turns, sentence-like pieces, and a form for people to read.

Every offset counts code points of the raw text, so nothing here repairs or normalises before it measures.
"""

from __future__ import annotations

from voc.text.display import display
from voc.text.language import TESTED_LANGUAGES, detect_language
from voc.text.segments import segment
from voc.text.turns import parse_turns

__all__ = ["TESTED_LANGUAGES", "detect_language", "display", "parse_turns", "segment"]
