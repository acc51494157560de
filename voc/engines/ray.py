"""The engine of a cluster: documents go through Ray Data to workers that hold the model, and come back in order.

Documents travel in chunks. At any time a bounded number of chunks is under way, whatever the size of the input: a few
for each worker. A result is the same bytes as the local engine's on the same device and precision, since it depends on
its document alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from types import ModuleType
from typing import Any, Final

from voc.documents import Document
from voc.encoders import resolve_model
from voc.encoders.registry import HUB_KIND, model_roots
from voc.encoders.windows import cpu_count
from voc.engines.ray_cluster import connected, import_ray
from voc.engines.ray_work import Batch, Feed, Worker, cells, pull
from voc.engines.wire import pack_documents, unpack_refusal, unpack_results
from voc.errors import ModelError, UsageError, VocError
from voc.results import Classified
from voc.taxonomy import Taxonomy

CHUNK_DOCUMENTS: Final = {"cpu": 512, "cuda": 4096}
CHUNK_CHARS: Final = {"cpu": 1_000_000, "cuda": 4_000_000}
IN_FLIGHT: Final = 2  # chunks that a worker has at once: one at work, one that waits
SPARE: Final = 2  # chunks more than that are under way: results on their way back
# Part of a worker's cores that it asks the cluster for. Where a node is lost the others take its workers over; with all
# cores asked for there would be no room for them, and their chunks would wait for the node to come back.
CLAIM: Final = 0.5


@dataclass(frozen=True, slots=True)
class RayOptions:
    """``address`` of a running cluster, "" for one of this machine alone. ``device`` is "cpu", "cuda" or "auto";
    ``threads`` of each worker on a CPU (0: one). ``chunk``: documents in a chunk (0: as the device needs)."""

    address: str
    model: str
    quality: str
    device: str
    threads: int = 0
    chunk: int = 0


@dataclass(frozen=True, slots=True)
class Pool:
    """The workers: ``count`` of them on ``device``, with ``threads`` each."""

    device: str
    count: int
    threads: int

    @property
    def claim(self) -> dict[str, float]:
        """What a worker asks the cluster for."""
        return {"num_gpus": 1, "num_cpus": 1} if self.device == "cuda" else {"num_cpus": CLAIM * self.threads}


class RayEngine:
    """Classifies on a Ray cluster; see ``Engine``."""

    def __init__(self, model: str, taxonomy: Taxonomy, options: RayOptions) -> None:
        """``model``: id of the classifier that each worker has to have. ModelError where Ray is missing, UsageError for
        a device that names one card: the cluster gives cards out."""
        if ":" in options.device:
            raise UsageError(
                f"--engine ray does not take the device {options.device}", "Use cuda: each worker gets a card."
            )
        import_ray(options.address)
        self._model, self._taxonomy, self._options = model, taxonomy, options

    @property
    def model(self) -> str:
        """Id of the classifier."""
        return self._model

    def classify(self, documents: Iterable[Document]) -> Iterator[Classified]:
        """One result for each document, in input order. The cluster is connected to, or started, with the first one;
        VocError where it fails for good."""
        rest = iter(documents)
        first = next(rest, None)
        if first is None:
            return
        with connected(self._options.address, cpu_count()) as ray, _failures(ray):
            pool = make_pool(ray.cluster_resources(), self._options)
            yield from self._run(ray, pool, chain([first], rest))

    def _run(self, ray: ModuleType, pool: Pool, documents: Iterator[Document]) -> Iterator[Classified]:
        size = self._options.chunk or CHUNK_DOCUMENTS[pool.device]
        chunks = enumerate(_chunks(documents, size, CHUNK_CHARS[pool.device]))
        feed = _feed(ray)
        waiting: deque[list[str]] = deque()  # keys of the documents of each chunk under way
        window, fed, whole = pool.count * IN_FLIGHT + SPARE, 0, False

        def fill() -> None:
            nonlocal fed, whole
            while not whole and len(waiting) < window:
                number, chunk = next(chunks, (fed, None))
                whole = chunk is None
                if chunk is None:
                    ray.get(feed.end.remote(fed))
                else:
                    waiting.append([document.key for document in chunk])
                    ray.get(feed.put.remote(number, pack_documents(chunk)))
                    fed = number + 1

        fill()
        if whole:  # no worker is started that would have nothing to do
            pool = replace(pool, count=min(pool.count, fed))
        with closing(self._results(ray, feed, pool)) as results:
            for number, batch in enumerate(results):
                given, data, refused = cells(batch)
                if refused:
                    raise unpack_refusal(data)
                if given != number:
                    raise VocError(f"the cluster gave chunk {given} where {number} was due", "Run again.")
                feed.drop.remote(number)
                yield from unpack_results(data, waiting.popleft())
                fill()
        if waiting:
            raise VocError(f"the cluster left {len(waiting)} chunks without a result", "Run again.")

    def _results(self, ray: ModuleType, feed: Any, pool: Pool) -> Generator[Batch, None, None]:
        """One batch for each chunk of the feed, in order, as they become ready."""
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = context.print_on_execution_start = False
        context.execution_options.preserve_order = True
        context.target_max_block_size = 1  # each row is a block of its own: no chunk waits for the next one
        chunks = ray.data.from_items([{"start": 0}]).map_batches(
            pull, batch_format="pyarrow", fn_kwargs={"feed": feed}, num_cpus=0, label_selector=_here(ray)
        )
        # Lost workers are started again, and what they had in hand is done again, as often as it takes: so Ray Data has
        # it (max_restarts and max_task_retries are -1 for its actors).
        done = chunks.map_batches(
            Worker,
            batch_size=1,
            batch_format="pyarrow",
            fn_constructor_kwargs={
                "model": portable(self._options.model),
                "quality": self._options.quality,
                "device": pool.device,
                "threads": pool.threads,
                "taxonomy": self._taxonomy,
                "id": self._model,
            },
            compute=ray.data.ActorPoolStrategy(
                min_size=1, max_size=pool.count, initial_size=pool.count, max_tasks_in_flight_per_actor=IN_FLIGHT
            ),
            **pool.claim,
        )
        yield from done.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0)


def make_pool(resources: dict[str, float], options: RayOptions) -> Pool:
    """The workers that a cluster has room for; ModelError where a GPU is asked for and it has none."""
    cards, cores = int(resources.get("GPU", 0)), int(resources.get("CPU", 0))
    device = options.device if options.device != "auto" else "cuda" if cards else "cpu"
    if device == "cuda" and not cards:
        raise ModelError("device 'cuda': the cluster has no GPU now", "Use the device cpu, or add nodes with GPUs.")
    threads = max(options.threads, 1)
    return Pool(device, cards if device == "cuda" else max(cores // threads, 1), threads)


def portable(model: str) -> str:
    """The name of an installed model; of any other its place, whatever folder a worker is in. ModelError where there
    is none."""
    found = resolve_model(model)
    if found.kind == HUB_KIND or found.path.parent in model_roots():
        return found.name
    return str(found.path.resolve())


def _chunks(documents: Iterable[Document], size: int, chars: int) -> Iterator[list[Document]]:
    """Documents in order, at most ``size`` of them together, and at most ``chars`` characters where one is not more."""
    chunk: list[Document] = []
    held = 0
    for document in documents:
        if chunk and (len(chunk) == size or held + len(document.text) > chars):
            yield chunk
            chunk, held = [], 0
        chunk.append(document)
        held += len(document.text)
    if chunk:
        yield chunk


def _feed(ray: ModuleType) -> Any:
    """The feed, on the command's own node: if that is lost, so is the command."""
    return ray.remote(Feed).options(num_cpus=0, max_restarts=0, label_selector=_here(ray)).remote()


def _here(ray: ModuleType) -> dict[str, str]:
    return {"ray.io/node-id": ray.get_runtime_context().get_node_id()}


@contextmanager
def _failures(ray: ModuleType) -> Iterator[None]:
    """What Ray raises, as an error that says what to do."""
    try:
        yield
    except (ray.exceptions.RayError, ray.data.exceptions.ExecutionTimeoutError) as error:
        said = (str(error) or type(error).__name__).strip().splitlines()[-1]
        raise VocError(f"the cluster failed: {said}", "Run again: what is done is kept; -v shows more.") from error
