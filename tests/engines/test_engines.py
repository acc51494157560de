"""One suite for every engine: the same bytes, in the order given, whatever is lost on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from tests.engines.conftest import CHUNK, MakeEngine, classifier, feedback, local, needs_ray, on_ray
from voc.documents import Document
from voc.encoders.windows import LOOKAHEAD_PASSAGES
from voc.results import Classified

pytestmark = pytest.mark.filterwarnings(r"ignore::DeprecationWarning:ray\.")  # Ray warns of its own settings


def same(found: Sequence[Classified], wanted: Sequence[Classified]) -> bool:
    """Whether all is equal: every name, every number to the last bit, every shape."""
    return len(found) == len(wanted) and all(
        (a.prediction, a.segments, a.encoder) == (b.prediction, b.segments, b.encoder)
        and all(
            (x.dtype, x.shape, x.tobytes()) == (y.dtype, y.shape, y.tobytes())
            for x, y in ((a.scores, b.scores), (a.vectors, b.vectors))
        )
        for a, b in zip(found, wanted, strict=True)
    )


@pytest.fixture(scope="module")
def wanted() -> list[Classified]:
    """What each of 60 documents gives alone."""
    engine = local()
    return [next(iter(engine.classify([document]))) for document in feedback(60)]


def test_the_comparison_sees_one_bit(wanted: list[Classified]) -> None:
    other = list(wanted)
    scores = np.nextafter(other[0].scores, np.float32(2))
    other[0] = Classified(other[0].prediction, other[0].segments, scores, other[0].vectors, other[0].encoder)
    assert same(wanted, wanted)
    assert not same(other, wanted)
    assert not same(wanted[1:], wanted)


def test_many_are_as_each_alone_in_the_order_given(make: MakeEngine, wanted: list[Classified]) -> None:
    documents = feedback(60)
    engine = make()
    assert len(documents) > 4 * CHUNK, "several chunks for each worker"
    found = list(engine.classify(iter(documents)))
    assert same(found, wanted)
    assert [one.prediction.key for one in found] == [document.key for document in documents]
    assert {one.prediction.model for one in found} == {engine.model} == {classifier().id}


@pytest.mark.parametrize("number", [0, 3, 4, 6, 9], ids=["text", "no letter", "no text", "long", "talk"])
def test_one_document(make: MakeEngine, wanted: list[Classified], number: int) -> None:
    assert same(list(make().classify([feedback(10)[number]])), [wanted[number]])


def test_no_document(make: MakeEngine) -> None:
    assert list(make().classify([])) == []


def test_the_input_is_read_as_far_ahead_as_is_bounded(make: MakeEngine) -> None:
    read = 0

    def endless() -> Iterator[Document]:
        nonlocal read
        while True:
            read += 1
            yield Document(f"e{read}", f"No {read}.", "endless", language="en")

    results = make().classify(endless())
    first = list(islice(results, 3))
    assert len({one.prediction.key for one in first}) == 3
    assert read <= ((2 * 2 + 2 + 1) * CHUNK + 1 if make is on_ray else 2 * LOOKAHEAD_PASSAGES + 1)
    results.close()  # type: ignore[attr-defined]


def test_stopping_early_lets_the_next_run_be_whole(make: MakeEngine, wanted: list[Classified]) -> None:
    engine = make()
    results = engine.classify(feedback(60))
    assert same(list(islice(results, 5)), wanted[:5])
    results.close()  # type: ignore[attr-defined]
    assert same(list(engine.classify(feedback(60))), wanted)


def test_an_interrupt_while_reading_comes_through(make: MakeEngine) -> None:
    def interrupted() -> Iterator[Document]:
        yield from feedback(30)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(make().classify(interrupted()))


@pytest.mark.long
@needs_ray
@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("number", [0, 31])
def test_a_worker_that_is_killed_costs_nothing(
    tmp_path: Path, wanted: list[Classified], number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.engines import deadly
    from voc.engines import ray

    mark = tmp_path / "killed"
    monkeypatch.setattr(ray, "Worker", deadly.worker(str(mark), feedback(60)[number].text))
    assert same(list(on_ray().classify(feedback(60))), wanted)
    assert mark.exists()
