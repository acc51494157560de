"""The project's own models on the CPU: int8 with ONNX Runtime.

Parallel work is over batches: each worker thread runs one batch on one core. Threads inside an operator would be slower
(they wait for one another at each of some 400 nodes) and would let the thread count into the order of additions.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.encoders.early import Exit
from voc.encoders.onnx_graph import CONTRIB, IR_VERSION, OPSET, graph_file
from voc.encoders.registry import ModelDir
from voc.encoders.windows import (
    Batching,
    Window,
    WindowedEncoder,
    cpu_count,
    make_frame,
    sums_over_spans,
    theme_map,
)
from voc.errors import ModelError

# Swept from 96 to 3,072 in November 2026 on one core with AMX: flat from 200 to 800, slower where a batch leaves the
# L2 cache; the vectors are the same bits at every value.
BATCH_TOKENS = 384


class OnnxEncoder(WindowedEncoder):
    """`Encoder` over ONNX Runtime; `threads` 0 uses every core. Vectors are the same bits whatever the number.

    `session`: of another graph of the model than the cached one. `early`: where the network ends before its last layer.
    """

    def __init__(self, model: ModelDir, *, threads: int = 0, session: Any = None, early: Exit | None = None) -> None:
        from tokenizers import Tokenizer

        self._session = session or open_session(model, early.layers if early else None)
        size = model.spec["encoder"]
        tokenizer = Tokenizer.from_file(str(model.path / "tokenizer.json"))
        super().__init__(
            id=early.id if early else model.id,
            dim=int(size["dim"]),
            tokenizer=tokenizer,
            frame=make_frame(tokenizer, str(size["prefix"]), int(size["max_tokens"]), pad=1),
            batching=Batching(tokens=BATCH_TOKENS),
            workers=threads or cpu_count(),
            theme_map=early.theme if early else theme_map(model),
        )

    def sums_of(self, windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        """See `WindowedEncoder.sums_of`; windows of one batch have one length, so nothing is padded."""
        states = self._session.run(["states"], {"ids": np.stack([window.ids for window in windows])})[0]
        return sums_over_spans(states, windows)


def session_options() -> Any:
    """Options of every session: one thread, and no rewriting of the graph beyond folding constants."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    return options


def load_session(graph: str | bytes) -> Any:
    """A session of a graph: the path of its file, or its bytes."""
    import onnxruntime

    return onnxruntime.InferenceSession(graph, session_options(), providers=["CPUExecutionProvider"])


def open_session(model: ModelDir, layers: int | None = None) -> Any:
    """Open the cached graph, making it again where the file is damaged; raises ModelError where that fails too.

    `layers`: of the graph, as for `graph_bytes`.
    """
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    # They have no common base but Exception.
    refusals = (state.Fail, state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf, state.NoSuchFile,
                state.NotImplemented, state.RuntimeException)  # fmt: skip
    unsigned = not signed_products_are_exact()
    for fresh in (False, True):
        file = graph_file(model, unsigned_weights=unsigned, fresh=fresh, layers=layers)
        try:
            return load_session(str(file))
        except refusals as error:
            problem = error
    raise ModelError(f"ONNX Runtime cannot load {model.name}: {problem}", "voc doctor names the version that is tested")


@cache
def signed_products_are_exact() -> bool:
    """Tell whether this processor multiplies uint8 by int8 without saturating.

    x86 processors without VNNI add pairs of such products in 16 bits, and large ones are clipped. There the graph is
    written with uint8 weights (the same integers around 128): those kernels are exact everywhere, but slow with VNNI.
    """
    from onnx import TensorProto, helper, numpy_helper

    depth, width = 64, 32
    weight = numpy_helper.from_array(np.full((depth, width), 127, np.int8), "weight")
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["x", "weight"], ["y"])],
        "probe",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, ["rows", depth])],
        [helper.make_tensor_value_info("y", TensorProto.INT32, ["rows", width])],
        [weight],
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
    data = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION).SerializeToString()
    session = load_session(data)
    product = session.run(None, {"x": np.full((16, depth), 255, np.uint8)})[0]
    return bool((product == 255 * 127 * depth).all())
