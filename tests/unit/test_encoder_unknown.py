"""Which share of a text an encoder cannot read: the short way tells what the tokenizer itself tells."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import Unigram, WordLevel
from tokenizers.normalizers import NFKC, Replace, Sequence
from tokenizers.pre_tokenizers import Metaspace, Whitespace

from voc.encoders.unknown import shares

PIECES = ["<unk>", "\u2581", "\u2581ab", "a", "b", "ab", "e", "1", "2", ".", "退", "退款", "\u304b", "n"]


def _unigram() -> Tokenizer:
    made = Tokenizer(Unigram([(piece, -float(i)) for i, piece in enumerate(PIECES)], unk_id=0))
    made.normalizer = Sequence([NFKC(), Replace("\n", " ")])
    made.pre_tokenizer = Metaspace()
    made.add_special_tokens(["<unk>"])
    return made


def _slow(tokenizer: Tokenizer, text: str) -> float:
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    return ids.count(PIECES.index("<unk>")) / len(ids) if ids else 0.0


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text("ab e12.n\n退款換é\u0301\u3099か\uff76\uff9e½１´😀<unk>\u00a0", max_size=12), max_size=6))
def test_a_text_of_known_characters_needs_no_tokens(texts: list[str]) -> None:
    tokenizer = _unigram()
    assert shares(tokenizer, texts) == [_slow(tokenizer, text) for text in texts]


def test_what_is_unknown_is_counted() -> None:
    assert shares(_unigram(), ["ab", "ab 換", "退款", "換", ""]) == [0.0, 1 / 3, 0.0, 0.5, 0.0]


def test_a_vocabulary_of_words_is_asked_in_full() -> None:
    words = Tokenizer(WordLevel({"<unk>": 0, "a": 1, "b": 2}, unk_token="<unk>"))
    words.pre_tokenizer = Whitespace()
    assert shares(words, ["a b", "ab"]) == [0.0, 1.0]
    assert shares(Tokenizer(WordLevel({"a": 1}, unk_token="a")), ["a"]) is None
