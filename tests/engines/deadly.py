"""A worker that kills its process the first time that it is given a certain text."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from voc.engines.ray_work import Batch, Worker, cells
from voc.engines.wire import unpack_documents


def worker(mark: str, text: str) -> type[Worker]:
    """``mark`` is a file that is there once it was done."""

    class Deadly(Worker):
        def __call__(self, batch: Batch) -> Batch:
            documents = unpack_documents(cells(batch)[1])
            if any(document.text == text for document in documents) and not Path(mark).exists():
                Path(mark).touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return super().__call__(batch)

    return Deadly
