"""What an encoder cannot read: tokens that its vocabulary lacks."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from voc.encoders.registry import resolve_model

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_BESIDE: Final = frozenset("<[\uff9e\uff9f")  # names of tokens, voicing marks of half-width kana
_UNKNOWN: Final = ("<unk>", "[UNK]")


def unknown_shares(model: str | None, texts: Sequence[str]) -> list[float] | None:
    """The share (0..1) of the tokens of each text that stand for what the model's vocabulary lacks.

    ``model`` as for `load_encoder`. None where its tokenizer is no file of this machine, or knows every byte and so has
    no such token. ModelError where there is no such model.
    """
    file = resolve_model(model).path / "tokenizer.json"
    if not file.is_file():
        return None
    return shares(_tokenizer(str(file), file.stat().st_mtime_ns), texts)


def shares(tokenizer: Tokenizer, texts: Sequence[str]) -> list[float] | None:
    """The same by a tokenizer. Only texts that may hold such a token are cut into tokens."""
    from tokenizers.models import Unigram

    unknown = next((n for word in _UNKNOWN if (n := tokenizer.token_to_id(word)) is not None), None)
    if unknown is None:
        return None
    known = set[str]()
    if isinstance(tokenizer.model, Unigram):  # each character that is a token by itself can be cut off
        known = {char for char in set().union(*texts) if _is_token(tokenizer, char)}
    suspect = [at for at, text in enumerate(texts) if not known.issuperset(text)]
    found = [0.0] * len(texts)
    encodings = tokenizer.encode_batch([texts[at] for at in suspect], add_special_tokens=False)
    for at, ids in zip(suspect, (encoding.ids for encoding in encodings), strict=True):
        found[at] = ids.count(unknown) / len(ids) if ids else 0.0
    return found


def _is_token(tokenizer: Tokenizer, char: str) -> bool:
    """Whether a character is made of tokens, whatever stands beside it: not one that melts into its neighbours, nor the
    begin of the unknown token's own name."""
    if (unicodedata.category(char)[0] in "MC" and char != "\n") or "\u1100" <= char <= "\u11ff" or char in _BESIDE:
        return False
    plain = tokenizer.normalizer.normalize_str(char) if tokenizer.normalizer else char
    return bool(plain) and all(_has(tokenizer, "\u2581" if one == " " else one) for one in plain)


def _has(tokenizer: Tokenizer, char: str) -> bool:
    return unicodedata.category(char)[0] != "M" and tokenizer.token_to_id(char) is not None


@lru_cache(maxsize=1)
def _tokenizer(file: str, _changed: int) -> Tokenizer:
    from tokenizers import Tokenizer

    found = Tokenizer.from_file(file)
    found.no_truncation()
    found.no_padding()
    return found
