"""What all tests share: a deadline makes no sense on a machine that others use, and failures must repeat."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

# With several processes (-n): what a process has made for a file, or for the files of one of these, serves all of it.
TOGETHER = ("tests/hostile/",)
# What takes minutes begins first; the many short files share out the rest evenly.
FIRST = ("tests/cli/test_planted.py", *TOGETHER, "tests/engines/", "tests/cli/", "tests/faults/", "tests/browser/")

settings.register_profile("voc", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("voc")
_CHARTS: dict[str, str] = {}


@pytest.fixture(scope="module")
def drawn_once() -> Iterator[None]:
    """For tests of what stands around charts, whose drawing is most of the time that a page takes: those of the same
    numbers are drawn once in this process. Nothing of a chart but its numbers goes into this part of the drawing."""
    from voc.report import charts

    plot = charts._plot

    def once(series: charts.Series) -> str:
        key = repr(series)
        if key not in _CHARTS:
            _CHARTS[key] = plot(series)
        return _CHARTS[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(charts, "_plot", once)
        yield


def pytest_sessionfinish() -> None:
    """Ends the server that started programs for these tests, if one was asked for."""
    if "tests.warm" in sys.modules:
        sys.modules["tests.warm"].close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files first; within a file, and among files of one kind, the order stays that of pytest-randomly."""
    items.sort(key=lambda item: next((n for n, name in enumerate(FIRST) if item.nodeid.startswith(name)), len(FIRST)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Whole files for each process, so that no workspace is made twice."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::", maxsplit=1)[0]
            return next((name for name in TOGETHER if file.startswith(name)), file)

    config.option.loadscopereorder = False
    return ByFile(config, log)
