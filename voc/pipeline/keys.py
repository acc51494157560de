"""The keys of the pseudonyms in exports: the one in use, and those before it."""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path
from typing import Final

from voc.errors import UsageError
from voc.pipeline.context import writing
from voc.pipeline.options import Progress, RunOptions, RunResult
from voc.pipeline.views import pseudonym_key
from voc.store import SecretHints, private_folder, secret, write_atomic

KEY_FILE: Final = "pseudonym.key"
RETIRED: Final = "retired-keys"
_BYTES: Final = 32
_RETIRED_HINTS: Final = SecretHints(
    refused="Give yourself the right to read it.",
    exposed="Run chmod 600 on it; if others may have read it, customers can be told by the pseudonyms of old exports: "
    "delete those, and this file.",
    empty="Restore it from a backup, or remove the file: old pseudonyms are not found again without it.",
)


def pseudonym_keys(workspace: Path) -> list[bytes]:
    """The key in use and all retired ones; those that were never made are left out."""
    current = [pseudonym_key(workspace)] if os.environ.get("VOC_KEY") or (workspace / KEY_FILE).exists() else []
    return current + [secret(path, _RETIRED_HINTS) for path in sorted((workspace / RETIRED).glob("*.key"))]


def fingerprint(key: bytes) -> str:
    """Tells keys apart and says nothing of them: 16 hex digits."""
    return hmac.new(key, b"voc key", hashlib.sha256).hexdigest()[:16]


def rotate_key(options: RunOptions, progress: Progress) -> RunResult:
    """Gives the workspace a new key for pseudonyms. The old one is kept (0600) in ``retired-keys``, so that a customer
    is still found by the pseudonym of an old export. What the store itself keeps of customers hangs on no such key.

    UsageError where the key comes from the environment.
    """
    if os.environ.get("VOC_KEY"):
        raise UsageError(
            "the key comes from VOC_KEY, so that it cannot be replaced here",
            "Set another value there. To find customers by their old pseudonyms, run once with the old value.",
        )
    with writing("key rotate", options, progress) as context:
        path = options.workspace / KEY_FILE
        old, new = pseudonym_key(options.workspace), os.urandom(_BYTES)
        private_folder(options.workspace / RETIRED)
        write_atomic(options.workspace / RETIRED / f"{fingerprint(old)}.key", old)
        as_of = context.as_of()
        # Logged before it is done: an entry without a key in use tells of a kill, never a key without an entry.
        detail = {"old": fingerprint(old), "new": fingerprint(new)}
        context.store.audit("key rotate", detail, as_of.isoformat() if as_of else None)
        write_atomic(path, new)
        context.result.summary["key"] = detail
        context.result.say(f"exports get new pseudonyms from now on (key {fingerprint(new)})")
        context.result.say(f"the old key {fingerprint(old)} is kept in {RETIRED}: delete it to forget old pseudonyms")
    return context.result
