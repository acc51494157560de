"""What a check of this machine or of a workspace found, each fault with the command that mends it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

OK, NOTE, FAULT, MISSING = "ok", "note", "fault", "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: ``state`` is ok, note (works, but know it), fault (does not work) or missing (a model or package is
    not there or damaged); ``mend`` is the command or step that mends it."""

    name: str
    state: str
    detail: str
    mend: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        """For JSON."""
        return asdict(self)
