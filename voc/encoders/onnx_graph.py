"""Writes the ONNX graph of an int8 BERT from its safetensors file, and keeps it in a cache folder.

Linear layers run on int8 weights with one scale per output row. Activations are quantised in the graph with one scale
for each token (row), never one for the batch, so that a text's vector cannot depend on its neighbours. Integer products
are exact, and all the rest works on one row or one window at a time. Windows of one batch have one length: no mask.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.encoders.registry import ModelDir

GRAPH_VERSION = 2  # raise it with every change of the graph: cached files carry it in their name
CONTRIB = "com.microsoft"
OPSET, IR_VERSION = 21, 10
GELU_FLOOR = np.float32(0.17)  # GELU is never below -0.1700, so the row's largest value or this bounds its magnitude

Tensors = Mapping[str, NDArray[Any]]


class GraphBuilder:
    """Collects nodes and constants; `op` adds a node and returns the name of its first output."""

    def __init__(self, tensors: Tensors, *, unsigned_weights: bool) -> None:
        self.tensors, self.unsigned_weights = tensors, unsigned_weights
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}

    def const(self, name: str, value: NDArray[Any] | np.generic) -> str:
        """Add a constant once and return its name."""
        from onnx import numpy_helper

        if name not in self.constants:
            array = np.array(value, order="C")
            self.constants[name] = numpy_helper.from_array(array, name)
        return name

    def op(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output and return that output's name."""
        from onnx import helper

        output = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=output, domain=domain, **attributes))
        return output

    def param(self, name: str) -> str:
        """A float32 tensor of the weights file as a constant."""
        return self.const(name, self.tensors[name])

    def quantise(self, x: str, *, after_gelu: bool = False) -> tuple[str, str]:
        """(tokens, width) float -> uint8 around 128 and the scale (tokens, 1): one scale for each token."""
        axis = self.const("last_axis", np.array([-1], np.int64))
        top = self.op("ReduceMax", x, axis, keepdims=0)
        if after_gelu:
            size = self.op("Max", top, self.const("gelu_floor", GELU_FLOOR))
        else:
            low = self.op("Neg", self.op("ReduceMin", x, axis, keepdims=0))
            size = self.op("Max", top, low, self.const("tiny", np.float32(1e-12)))
        scale = self.op("Mul", size, self.const("per_127", np.float32(1.0 / 127.0)))
        zero = self.op("Expand", self.const("zero_vector", np.array([128], np.uint8)), self.op("Shape", scale))
        return self.op("QuantizeLinear", x, scale, zero, axis=0), self.op("Unsqueeze", scale, axis)

    def linear(self, x: tuple[str, str], name: str) -> str:
        """Multiply quantised tokens by an int8 layer, without its bias: (tokens, inputs) -> (tokens, outputs) float."""
        codes, scale = x
        weight = self.tensors[f"{name}.weight"].T
        zero = self.const("zero_int8", np.int8(0))
        if self.unsigned_weights:
            weight = (weight.astype(np.int16) + 128).astype(np.uint8)
            zero = self.const("zero_uint8", np.uint8(128))
        products = self.op(
            "MatMulIntegerToFloat",
            codes,
            self.const(f"{name}.weight", weight),
            self.const("one", np.float32(1.0)),
            self.param(f"{name}.weight_scale"),
            self.const("zero_uint8", np.uint8(128)),
            zero,
            domain=CONTRIB,
        )
        return self.op("Mul", products, scale)

    def norm(self, x: str, name: str, epsilon: float) -> str:
        """Layer normalisation over the last axis."""
        weight, bias = self.param(f"{name}.weight"), self.param(f"{name}.bias")
        return self.op("LayerNormalization", x, weight, bias, epsilon=epsilon)


def embed(g: GraphBuilder, epsilon: float) -> str:
    """(rows, length) ids -> (rows, length, width): gather int8 rows, then put them on their scale."""
    from onnx import TensorProto

    name = "embeddings.word_embeddings.weight"
    codes = g.op("Cast", g.op("Gather", g.param(name), "ids"), to=TensorProto.FLOAT)
    scales = g.const(f"{name}_scale", g.tensors[f"{name}_scale"][:, None])
    words = g.op("Mul", codes, g.op("Gather", scales, "ids"))
    place = "embeddings.position_embeddings.weight"
    table = g.tensors[place].astype(np.float32) * g.tensors[f"{place}_scale"][:, None]
    table = table + g.tensors["embeddings.token_type_embeddings.weight"][0]
    length = g.op("Shape", "ids", start=1, end=2)
    places = g.op("Slice", g.const("places", table), g.const("zero_index", np.array([0], np.int64)), length)
    return g.norm(g.op("Add", words, places), "embeddings.LayerNorm", epsilon)


def layer(g: GraphBuilder, x: str, prefix: str, shapes: tuple[str, str], heads: int, epsilon: float) -> str:
    """One transformer layer on (tokens, width)."""
    flat, cube = shapes
    attention = f"{prefix}.attention.self"
    names = [f"{attention}.{part}" for part in ("query", "key", "value")]
    codes = g.quantise(x)
    parts = [g.op("Reshape", g.linear(codes, name), cube) for name in names]
    bias = g.const(f"{attention}.bias", np.concatenate([g.tensors[f"{name}.bias"] for name in names]))
    mixed = g.op("MultiHeadAttention", *parts, bias, domain=CONTRIB, num_heads=heads)

    def add(y: str, name: str) -> str:
        return g.op("Add", y, g.param(f"{name}.bias"))

    out = f"{prefix}.attention.output"
    y = add(g.linear(g.quantise(g.op("Reshape", mixed, flat)), f"{out}.dense"), f"{out}.dense")
    x = g.norm(g.op("Add", y, x), f"{out}.LayerNorm", epsilon)
    wide = g.op("Gelu", add(g.linear(g.quantise(x), f"{prefix}.intermediate.dense"), f"{prefix}.intermediate.dense"))
    y = add(g.linear(g.quantise(wide, after_gelu=True), f"{prefix}.output.dense"), f"{prefix}.output.dense")
    return g.norm(g.op("Add", y, x), f"{prefix}.output.LayerNorm", epsilon)


def graph_bytes(model: ModelDir, *, unsigned_weights: bool = False) -> bytes:
    """Build the graph: input `ids` (rows, length) int64, output `states` (rows, length, dim) float32.

    A model with a base layer has (rows, length, 2 dim): the last layer's states, then those of the base layer.
    """
    from onnx import TensorProto, helper
    from safetensors.numpy import load_file

    size = model.spec["encoder"]
    g = GraphBuilder(load_file(model.path / "encoder.safetensors"), unsigned_weights=unsigned_weights)
    dim, epsilon = int(size["dim"]), float(size["layer_norm_epsilon"])
    flat = g.const("flat_shape", np.array([-1, dim], np.int64))
    cube = g.op("Concat", g.op("Shape", "ids"), g.const("width", np.array([dim], np.int64)), axis=0)
    x = g.op("Reshape", embed(g, epsilon), flat)
    base: str | None = None
    for number in range(int(size["layers"])):
        if number == model.base_layer:
            base = x
        x = layer(g, x, f"encoder.layer.{number}", (flat, cube), int(size["heads"]), epsilon)
    if base is not None:
        dim *= 2
        x = g.op("Concat", x, base, axis=1)
        cube = g.op("Concat", g.op("Shape", "ids"), g.const("both_widths", np.array([dim], np.int64)), axis=0)
    g.nodes.append(helper.make_node("Reshape", [x, cube], ["states"], name="states"))
    graph = helper.make_graph(
        g.nodes,
        model.name,
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["rows", "length"])],
        [helper.make_tensor_value_info("states", TensorProto.FLOAT, ["rows", "length", dim])],
        list(g.constants.values()),
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
    data: bytes = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION).SerializeToString()
    return data


def cache_folder() -> Path:
    """Folder of files that can be made again: VOC_CACHE_DIR, else the user's cache folder of the system."""
    from platformdirs import user_cache_dir

    chosen = os.environ.get("VOC_CACHE_DIR")
    return Path(chosen).expanduser() if chosen else Path(user_cache_dir("voc-drivers"))


def graph_file(model: ModelDir, *, unsigned_weights: bool = False, fresh: bool = False) -> Path:
    """Path of the model's graph, written at first use and again where `fresh`.

    Falls back to a temporary folder of this process's user where the cache folder cannot be written.
    """
    suffix = "-u8" if unsigned_weights else ""
    name = f"{model.name}-{model.weights_sha256[:16]}-g{GRAPH_VERSION}{suffix}.onnx"
    file = cache_folder() / name
    if file.is_file() and not fresh:
        return file
    data = graph_bytes(model, unsigned_weights=unsigned_weights)
    try:
        return write_atomically(file, data)
    except OSError:
        return write_atomically(Path(tempfile.mkdtemp(prefix="voc-drivers-")) / name, data)


def write_atomically(file: Path, data: bytes) -> Path:
    """Write a file under another name in the same folder and rename it, so that nobody ever sees half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    with ExitStack() as leaving:
        leaving.callback(Path(temporary).unlink, missing_ok=True)  # nothing is left there once it has its name
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(temporary).replace(file)
    return file
