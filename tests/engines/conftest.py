"""One set of tests for all engines: documents that are not easy, and the engines by name."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from functools import cache

import pytest

from voc.classify import Classifier, load_classifier
from voc.classify.taxonomies import find_taxonomy
from voc.documents import Document, Turn
from voc.encoders import DEFAULT_MODEL, load_encoder
from voc.engines import Engine, LocalEngine

CHUNK = 8
MakeEngine = Callable[[], Engine]

NO_RAY = importlib.util.find_spec("ray") is None
needs_ray = pytest.mark.skipif(NO_RAY, reason="Ray is not installed: python -m pip install -e '.[ray]'")


@cache
def classifier() -> Classifier:
    return load_classifier(None, find_taxonomy(DEFAULT_MODEL, None))


def feedback(count: int) -> list[Document]:
    """Documents of all kinds: two languages, three scripts, conversations, nothing to read, broken text, a long one."""
    said = (
        ("en", "Nobody answered my mail, and the clerk shouted at me. I have cancelled my contract."),
        ("zh-Hans", "打了三次电话，一直没有人回复。服务员态度恶劣！"),
        ("zh-Hant", "櫃檯的小姐很親切，問題一次就解決了。"),
        ("en", "…!"),
        ("und", ""),
        ("en", "The \ud800 parcel came \x00 three weeks late; 我再也不会来了。"),
        ("en", "They lost it again, and nobody could tell me why. " * 40),
    )
    made = []
    for number in range(count):
        language, text = said[number % len(said)]
        rest = {"customer": f"c{number}", "rating": number / 3, "metadata": {"shop": str(number)}, "language": language}
        made.append(Document(f"d{number}", f"{text} {number // len(said)}" if text else "", "some.jsonl", **rest))
        if number % 10 == 9:
            talk = "Agent: How can I help?\nCustomer: You ignore my calls. I am leaving.\n"
            turns = (Turn("agent", 7, 22, "Ann", 0.0, 1.5), Turn("customer", 33, 70))
            made[-1] = Document(f"d{number}", talk, "calls.jsonl", "chat", turns=turns, language="en", reply="Sorry.")
    return made


@cache
def local() -> Engine:
    """The engine of this process."""
    return LocalEngine(load_encoder(threads=2), classifier())


def on_ray() -> Engine:
    """The engine of a cluster: of the one that this process is connected to, if it is."""
    from voc.engines.ray import RayEngine, RayOptions

    options = RayOptions("", DEFAULT_MODEL, "balanced", "cpu", chunk=CHUNK)
    return RayEngine(classifier().id, find_taxonomy(DEFAULT_MODEL, None), options)


@pytest.fixture(scope="session")
def cluster() -> Iterator[None]:
    """A cluster of this machine for all tests of a process: it takes seconds to start."""
    from voc.engines.ray_cluster import connected

    with connected("", 2):
        yield


ENGINES = [
    pytest.param("local", id="local"),
    pytest.param("ray", id="ray", marks=[pytest.mark.long, needs_ray]),
]


@pytest.fixture(params=ENGINES)
def make(request: pytest.FixtureRequest) -> MakeEngine:
    """Makes the engine that the test is about."""
    if request.param == "local":
        return local
    request.getfixturevalue("cluster")
    return on_ray
