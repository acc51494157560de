"""Log lines of voc on stderr, as text or as JSON.

No line holds a time: what collects logs adds its own, and two runs over the same input log the same.
"""

from __future__ import annotations

import logging

from voc.cli.terminal import Terminal, printable, safe_json


class TerminalHandler(logging.Handler):
    """Sends records to the terminal, above its progress bar."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__()
        self._terminal = terminal

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one record as one line."""
        level, message = record.levelname.lower(), record.getMessage()
        if self._terminal.log_json:
            line = safe_json({"level": level, "logger": record.name, "message": message}).decode("utf-8")
        else:
            mark = "" if level == "info" else f"{level.capitalize()}: "
            line = mark + printable(message)
        self._terminal.log(line)


def start_logging(terminal: Terminal) -> None:
    """Shows the log of voc: from warnings (-q), from notes (default) or everything (-v); of other libraries warnings,
    with -v only."""
    logging.captureWarnings(True)
    handler = TerminalHandler(terminal)
    root = logging.getLogger()
    root.handlers[:] = [handler if terminal.verbosity > 0 else logging.NullHandler()]
    root.setLevel(logging.WARNING)
    voc = logging.getLogger("voc")
    voc.handlers[:] = [handler]
    voc.propagate = False
    levels = {-1: logging.WARNING, 0: logging.INFO, 1: logging.DEBUG}
    voc.setLevel(levels[max(-1, min(terminal.verbosity, 1))])
