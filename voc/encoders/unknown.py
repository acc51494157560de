"""What an encoder cannot read: tokens that its vocabulary lacks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from voc.encoders.registry import resolve_model

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_UNKNOWN: Final = ("<unk>", "[UNK]")


def unknown_shares(model: str | None, texts: Sequence[str]) -> list[float] | None:
    """The share (0..1) of the tokens of each text that stand for what the model's vocabulary lacks.

    ``model`` as for `load_encoder`. None where its tokenizer is no file of this machine, or knows every byte and so has
    no such token. ModelError where there is no such model.
    """
    file = resolve_model(model).path / "tokenizer.json"
    if not file.is_file():
        return None
    tokenizer = _tokenizer(str(file), file.stat().st_mtime_ns)
    unknown = next((n for word in _UNKNOWN if (n := tokenizer.token_to_id(word)) is not None), None)
    if unknown is None:
        return None
    found = (encoding.ids for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False))
    return [ids.count(unknown) / len(ids) if ids else 0.0 for ids in found]


@lru_cache(maxsize=1)
def _tokenizer(file: str, _changed: int) -> Tokenizer:
    from tokenizers import Tokenizer

    found = Tokenizer.from_file(file)
    found.no_truncation()
    found.no_padding()
    return found
