"""Errors of voc: each says what is wrong, what to do, and which exit code ends the command line.

    VocError                    1  failed
    ├── UsageError              2  the options contradict each other or name nothing
    │   └── ConfigError         2  voc.toml holds an unknown key or a value of the wrong kind
    ├── InputError              1  a file that cannot be read at all
    │   └── AmbiguousColumns    1  several columns could be the text; --map decides
    ├── StoreError              1  the workspace is damaged or newer than this program
    ├── TooManyRejects          3  more rejects than --max-reject-share (the report is written all the same)
    ├── ModelError              4  a model or an extra is missing
    ├── QualityGateError        5  a measured figure lies under its floor
    ├── DeliveryError           1  a channel did not get the report, or may not have got it
    ├── LockedError             6  another voc works on the workspace
    └── NothingNewError         7  nothing new or a stale feed, only with --require-new

Interruption (Ctrl-C) ends with 130. Nothing below the command line calls ``sys.exit``.
"""

from __future__ import annotations


class VocError(Exception):
    """Base of all errors that a user can act on.

    ``message`` names the file, row and value; ``hint`` says what to try next; ``result`` is what was done all the
    same, where the error came after the work.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None, *, result: object | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.result = result

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class UsageError(VocError):
    """The options contradict each other or name something that does not exist."""

    exit_code = 2


class ConfigError(UsageError):
    """voc.toml or a default holds an unknown key or a value of the wrong kind."""


class InputError(VocError):
    """A source that cannot be read at all (one bad row is a reject, not an error)."""


class AmbiguousColumns(InputError):
    """Several columns could be the text of the feedback."""


class StoreError(VocError):
    """The workspace is damaged, not a workspace, or written by a newer program."""


class TooManyRejects(VocError):
    """The share of rejected rows is above the allowed share; everything else was done."""

    exit_code = 3


class ModelError(VocError):
    """A model, a file of it or an optional extra is missing or not what its manifest says."""

    exit_code = 4


class QualityGateError(VocError):
    """A measured figure lies under its committed floor."""

    exit_code = 5


class DeliveryError(VocError):
    """A channel did not get the report, or nobody knows whether it did; all others were tried."""


class LockedError(VocError):
    """Another process holds the workspace."""

    exit_code = 6


class NothingNewError(VocError):
    """Nothing new arrived although --require-new was given."""

    exit_code = 7
