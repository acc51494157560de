"""Names of fields, states and marks in answers for people: what the catalogues translate beside messages. Programs read
the same names in --json, where they stay English; so do codes that come from data and values that options take."""

from __future__ import annotations

from typing import Final

MARKS: Final = (": ", "; ", ", ")
FIELDS: Final = (
    "abstained", "age_days", "answered", "by", "by_hand", "case", "cases", "channel", "command", "complete", "copies",
    "count", "customer", "day", "deliveries", "detail", "document", "documents", "drivers", "duplicates", "erased",
    "evidence", "exit_code", "families", "forgotten", "history", "id", "journey", "key", "kind", "label", "labels",
    "language", "last", "last_run", "latest", "metadata", "model", "models", "name", "near_duplicates", "note",
    "opened", "original", "owner", "product", "quote", "rating", "reason", "region", "rejects", "reply", "reply_time",
    "reports", "revision", "role", "row", "rows", "score", "segment", "since", "source", "sources", "speaker",
    "stale_feeds", "state", "status", "target", "text", "theme", "themes", "thread", "time", "turns", "unclassified",
    "unlinked", "usual_weeks", "value", "week", "what", "without_words", "words", "workspace",
)  # fmt: skip
WORDS: Final = (
    "yes", "no", "active", "merged", "retired", "known", "new", "emerging", "born", "merge", "split", "rename", "pin",
    "retire", "nest", "undo",
)  # fmt: skip
STATES: Final = ("ok", "note", "fault", "missing")
CHECKS: Final = (
    "settings", "packages", "workspace", "database", "devices", "threads", "cache", "fonts", "disk", "store", "files",
    "restated", "forget", "vectors", "counts", "audit",
)  # fmt: skip
NAMES: Final = tuple(dict.fromkeys((*MARKS, *FIELDS, *WORDS, *STATES, *CHECKS)))
