"""Classifies on a cluster of two nodes, which are processes of this machine, and kills one half-way.

python -m tests.engines.two_nodes: the last line is JSON. It needs a process of its own, since Ray connects one to one
cluster.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from tests.engines.conftest import feedback, local, on_ray
from tests.engines.test_engines import same
from voc.engines import ray as engine
from voc.engines.ray_cluster import import_ray
from voc.engines.ray_work import Batch, Worker

DOCUMENTS = 240


def noting(folder: str) -> type[Worker]:
    """A worker that leaves a file by the name of its node where it works."""

    class Noting(Worker):
        def __call__(self, batch: Batch) -> Batch:
            import ray

            (Path(folder) / ray.get_runtime_context().get_node_id()).touch()
            return super().__call__(batch)

    return Noting


def main() -> None:
    ray = import_ray("")
    from ray.cluster_utils import Cluster

    with tempfile.TemporaryDirectory(prefix="voc-", ignore_cleanup_errors=True) as folder:
        node = {"num_cpus": 2, "num_gpus": 0, "object_store_memory": 100 << 20}
        os.environ["RAY_TMPDIR"] = folder
        (Path(folder) / "ray").mkdir()
        cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
        second = cluster.add_node(**node)
        cluster.wait_for_nodes()
        ray.init(address=cluster.address, log_to_driver=False)
        notes = Path(folder) / "notes"
        notes.mkdir()
        engine.Worker = noting(str(notes))  # type: ignore[misc]
        documents, found, at_work = feedback(DOCUMENTS), [], 0
        for result in on_ray().classify(documents):
            found.append(result)
            if len(found) == DOCUMENTS // 2:
                at_work = len(list(notes.iterdir()))
                cluster.remove_node(second, allow_graceful=False)
        told = {
            "nodes_at_work": at_work,
            "nodes_left": sum(bool(one["Alive"]) for one in ray.nodes()),
            "same": same(found, list(local().classify(documents))),
        }
        ray.shutdown()
        cluster.shutdown()
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
