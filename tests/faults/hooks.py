"""What goes wrong inside a process of voc: ``tests.warm`` calls it before the command, with arguments of the test."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from typing import Any


def die_at(seconds: float) -> None:
    """The kernel ends the process after so much of its processor time, whatever it does then: as by SIGKILL, no handler
    and no ``finally`` runs. Processor time, so that the moment does not depend on what else the machine does."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, seconds)


def interrupt_at(seconds: float) -> None:
    """Ctrl-C after so much processor time."""
    signal.signal(signal.SIGPROF, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    signal.setitimer(signal.ITIMER_PROF, seconds)


def without_privileges() -> None:
    """Root may write anywhere; without its capabilities the modes of files count for it, too."""
    if os.geteuid() == 0:
        header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # version 3, this process
        if ctypes.CDLL(None, use_errno=True).capset(header, (ctypes.c_uint32 * 6)()):
            raise OSError(ctypes.get_errno(), "capset")


def die_after_epoch(number: int) -> None:
    """SIGKILL when so many epochs of fine-tuning have been kept."""
    from voc.classify.checkpoint import Checkpoint

    save, left = Checkpoint.save, [number]

    def counted(*arguments: Any) -> None:
        save(*arguments)
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    Checkpoint.save = counted  # type: ignore[method-assign]


def clock_off_by(seconds: float) -> None:
    """The clock tells another time."""
    now, now_ns = time.time, time.time_ns
    time.time = lambda: now() + seconds
    time.time_ns = lambda: now_ns() + int(seconds * 1e9)


def no_memory_in_batch(number: int) -> None:
    """The ``number``-th batch (from 1) of the encoder finds no memory."""
    from voc.encoders.onnx_encoder import OnnxEncoder

    sums_of = OnnxEncoder.sums_of
    left = [number]

    def counted(*arguments: Any) -> Any:
        left[0] -= 1
        if not left[0]:
            raise MemoryError
        return sums_of(*arguments)

    OnnxEncoder.sums_of = counted  # type: ignore[method-assign]
