"""The parts of the cluster engine without a cluster: what travels, the feed, the worker, the pool."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import signal
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engines.conftest import classifier, feedback, local
from tests.engines.test_engines import same
from voc.classify.taxonomies import find_taxonomy
from voc.documents import Document, Segment, Turn
from voc.encoders import DEFAULT_MODEL
from voc.engines import ray as engine
from voc.engines import ray_cluster
from voc.engines.ray import Pool, RayEngine, RayOptions, _chunks, make_pool, portable
from voc.engines.ray_work import Feed, Worker, _row, cells
from voc.engines.wire import (
    pack_documents,
    pack_refusal,
    pack_results,
    unpack_documents,
    unpack_refusal,
    unpack_results,
)
from voc.errors import ModelError, UsageError, VocError
from voc.results import Classified, Evidence, Prediction

OPTIONS = RayOptions("", DEFAULT_MODEL, "balanced", "cpu")
TURNS = st.builds(Turn, st.sampled_from(("customer", "agent")), st.integers(0, 99), st.integers(0, 99))


@given(st.lists(st.tuples(st.text(st.characters(), max_size=30), st.lists(TURNS, max_size=3).map(tuple)), max_size=4))
def test_documents_travel_whole(given: list[tuple[str, tuple[Turn, ...]]]) -> None:
    sent = [Document("", text, "", "chat", language="zh-Hant", turns=turns) for text, turns in given]
    assert unpack_documents(pack_documents(sent)) == sent


def test_only_what_a_classifier_reads_travels() -> None:
    turn = Turn("customer", 0, 3, "Mrs Secret", 1.0, 2.0)
    secrets = dict.fromkeys(("customer", "time", "reply", "thread", "product", "region", "original"), "Secret")
    document = Document("Secret", "Hi.", "Secret.csv", "call", turns=(turn,), metadata={"Secret": "Secret"}, **secrets)
    data = pack_documents([document])
    assert b"Secret" not in data
    assert b"Hi." in data


NUMBERS = st.floats(0, 1)
FLOATS = st.floats(width=32)  # every one: infinities and nan, too


@given(st.data(), st.lists(st.integers(0, 3), max_size=3))
def test_results_travel_to_the_last_bit(data: st.DataObject, sizes: Sequence[int]) -> None:
    def matrix(rows: int, width: int) -> np.ndarray:
        values = data.draw(st.lists(FLOATS, min_size=rows * width, max_size=rows * width))
        return np.array(values, np.float32).reshape(rows, width)

    sent = []
    for number, size in enumerate(sizes):
        spans = tuple(Evidence("leave", i, i, i + 1, data.draw(NUMBERS)) for i in range(size))
        said = Prediction(f"k{number}", "m", "ok", (data.draw(NUMBERS), 0.5), ("leave",), ("a", "b"), spans, ("c",))
        segments = tuple(Segment(i, i, i + 1, data.draw(st.none() | st.integers(0, 9))) for i in range(size))
        sent.append(Classified(said, segments, matrix(size, 2), matrix(size, 3), "e"))
    back = list(unpack_results(pack_results(sent), [one.prediction.key for one in sent]))
    assert same(back, sent)


def test_results_of_two_models_and_of_other_documents_are_refused() -> None:
    (one,) = local().classify(feedback(1))
    other = dataclasses.replace(one, prediction=dataclasses.replace(one.prediction, model="other"))
    with pytest.raises(ValueError, match="several models"):
        pack_results([one, other])
    with pytest.raises(ValueError, match="zip"):
        list(unpack_results(pack_results([one]), ["a", "b"]))


def test_a_refusal_keeps_its_class() -> None:
    back = unpack_refusal(pack_refusal(ModelError("no model", "Install it.")))
    assert (type(back), back.message, back.hint) == (ModelError, "on a worker: no model", "Install it.")
    assert back.exit_code == 4


def test_a_worker_gives_what_the_local_engine_gives() -> None:
    documents = feedback(12)
    worker = Worker(DEFAULT_MODEL, "balanced", "cpu", 1, find_taxonomy(DEFAULT_MODEL, None), classifier().id)
    number, data, refused = cells(worker(_row(7, pack_documents(documents))))
    assert (number, refused) == (7, False)
    keys = [document.key for document in documents]
    assert same(list(unpack_results(data, keys)), list(local().classify(documents)))


@pytest.mark.parametrize(
    ("model", "id", "said"),
    [(DEFAULT_MODEL, "voc-other-drivers@0", "voc-other-drivers@0 where the command runs"), ("nowhere", "x", "nowhere")],
)
def test_a_worker_without_the_model_says_so(model: str, id: str, said: str) -> None:
    worker = Worker(model, "balanced", "cpu", 1, find_taxonomy(DEFAULT_MODEL, None), id)
    number, data, refused = cells(worker(_row(0, pack_documents(feedback(1)))))
    assert (number, refused) == (0, True)
    error = unpack_refusal(data)
    assert isinstance(error, ModelError)
    assert said in error.message


def test_the_feed_keeps_a_chunk_until_it_is_dropped() -> None:
    async def scenario() -> list[bytes | None]:
        feed = Feed()
        waits = asyncio.create_task(feed.get(1))
        await feed.put(0, b"zero")
        await feed.put(1, b"one")
        first = [await feed.get(0), await feed.get(0), await waits]
        await feed.drop(0)
        ends = asyncio.create_task(feed.get(2))
        await feed.end(2)
        return [*first, await feed.get(0), await feed.get(1), await ends]

    # Who asks for a dropped chunk again gets an empty one: its result was used, and nobody looks at a second one.
    assert asyncio.run(scenario()) == [b"zero", b"zero", b"one", b"[]", b"one", None]
    assert unpack_documents(b"[]") == []


def test_chunks_are_bounded_in_documents_and_characters() -> None:
    documents = [Document(str(n), "x" * size, "") for n, size in enumerate([1, 1, 1, 9, 20, 1, 5, 6])]
    found = [[d.id for d in chunk] for chunk in _chunks(documents, 3, 10)]
    assert found == [["0", "1", "2"], ["3"], ["4"], ["5", "6"], ["7"]]
    assert list(_chunks([], 3, 10)) == []


def test_the_pool_is_what_the_cluster_has_room_for() -> None:
    options = dataclasses.replace
    assert make_pool({"CPU": 8.0}, OPTIONS) == Pool("cpu", 8, 1)
    assert make_pool({"CPU": 8.0}, options(OPTIONS, threads=3)) == Pool("cpu", 2, 3)
    assert make_pool({}, OPTIONS).count == 1
    assert make_pool({"CPU": 8.0, "GPU": 2.0}, options(OPTIONS, device="auto")) == Pool("cuda", 2, 1)
    assert make_pool({"CPU": 8.0}, options(OPTIONS, device="auto")).device == "cpu"
    with pytest.raises(ModelError, match="no GPU"):
        make_pool({"CPU": 8.0}, options(OPTIONS, device="cuda"))
    # All workers of a lost half find room on the other one.
    assert Pool("cpu", 8, 1).claim["num_cpus"] * 8 <= 8 / 2
    assert Pool("cuda", 2, 1).claim["num_gpus"] == 1


def test_one_card_cannot_be_named() -> None:
    with pytest.raises(UsageError, match="cuda:1"):
        RayEngine("x", find_taxonomy(DEFAULT_MODEL, None), dataclasses.replace(OPTIONS, device="cuda:1"))


def test_a_model_goes_by_its_name_or_its_place() -> None:
    assert portable(DEFAULT_MODEL) == DEFAULT_MODEL
    assert portable("owner/name") == "owner/name"
    with pytest.raises(ModelError):
        portable("nowhere")


class LostError(Exception):
    """Stands for ray.exceptions.RayError."""


class StalledError(Exception):
    """Stands for ray.data.exceptions.ExecutionTimeoutError."""


class NoRay:
    """Stands for Ray: it makes its folder, takes SIGTERM, and fails."""

    exceptions = SimpleNamespace(RayError=LostError)
    data = SimpleNamespace(exceptions=SimpleNamespace(ExecutionTimeoutError=StalledError))

    def __init__(self, error: Exception) -> None:
        self.error, self.folder, self.stopped = error, Path(), 0

    def is_initialized(self) -> bool:
        return False

    def init(self, *, _temp_dir: str = "", **_: Any) -> None:
        self.folder = Path(_temp_dir)
        if _temp_dir:
            self.folder.mkdir()
        signal.signal(signal.SIGTERM, lambda *_: None)
        raise self.error

    def cluster_resources(self) -> dict[str, float]:
        raise self.error

    def shutdown(self) -> None:
        self.stopped += 1


@pytest.mark.parametrize(
    "kind", [ConnectionError, FileExistsError, TimeoutError, RuntimeError, ValueError, LostError, Exception]
)
@pytest.mark.parametrize(
    ("address", "said"), [("", "Ray did not start: no."), ("auto", "no Ray cluster answers at auto: no.")]
)
def test_what_fails_at_the_start_is_told_and_leaves_nothing(
    kind: type[Exception], address: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of no known kind is not taken for one: the command line shows it as unexpected."""
    ray, before = NoRay(kind("no.\nsee")), signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(ray_cluster, "import_ray", lambda _: ray)
    with pytest.raises((VocError, kind)) as caught, ray_cluster.connected(address, 1):
        pytest.fail("it is connected")
    if kind is Exception:
        assert caught.value is ray.error
    else:
        assert isinstance(caught.value, VocError)
        assert (caught.value.message, caught.value.__cause__) == (said, ray.error)
    assert (ray.stopped, signal.getsignal(signal.SIGTERM)) == (1, before)
    assert address or not ray.folder.parent.exists()


@pytest.mark.parametrize("kind", [LostError, StalledError])
def test_a_cluster_that_fails_later_is_told_as_such(kind: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first question that it is asked, which is for its size."""
    ray = NoRay(kind("trace\nit is lost"))
    monkeypatch.setattr(engine, "import_ray", lambda _: ray)
    monkeypatch.setattr(engine, "connected", lambda *_: nullcontext(ray))
    with pytest.raises(VocError, match="the cluster failed: it is lost"):
        list(RayEngine("x", find_taxonomy(DEFAULT_MODEL, None), OPTIONS).classify(feedback(1)))


def test_an_address_where_nobody_listens_is_not_given_to_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = NoRay(AssertionError("it was"))
    monkeypatch.setattr(ray_cluster, "import_ray", lambda _: ray)
    with pytest.raises(VocError, match=r"answers at 127\.0\.0\.1:9: "), ray_cluster.connected("127.0.0.1:9", 1):
        pytest.fail("it is connected")


def test_what_is_refused_is_json() -> None:
    assert json.loads(pack_refusal(VocError("what"))) == ["VocError", "what", None]
