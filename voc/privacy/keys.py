"""Names that stand for customers where text leaves the store."""

from __future__ import annotations

import hashlib
import hmac


def pseudonym(customer: str, key: bytes) -> str:
    """A name for ``customer`` that is the same for the same key and says nothing without it: HMAC-SHA-256 (RFC 2104),
    cut to 64 bits. ``key`` is a secret of the workspace; UsageError if it is empty."""
    if not key:
        from voc.errors import UsageError

        raise UsageError("the key of pseudonyms is empty", "Set VOC_KEY to a long random text, or unset it.")
    return "c-" + hmac.new(key, customer.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:16]
