"""Writes the ONNX graph of an int8 BERT from its safetensors file, and keeps it in a cache folder.

Linear layers run on int8 weights with one scale per output row. What enters them is quantised in the graph: by a fixed
range where the model was calibrated (`voc.encoders.calibrate`), else with one scale for each token (row), never one for
the batch, so that a text's vector cannot depend on its neighbours. Integer products are exact, and all the rest works
on one row or one window at a time. Windows of one batch have one length: no mask.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.encoders.quantise import EASE, RANGES, quantise_rows
from voc.encoders.registry import ModelDir

GRAPH_VERSION = 4  # raise it with every change of the graph: cached files carry it in their name
CONTRIB = "com.microsoft"
OPSET, IR_VERSION = 23, 10
# GELU is never below -0.1700, so that most of the 256 codes are for what is above zero. 24 to 64 give the same vectors
# to 1%; 128 is 6% further from 32-bit floating point (565 documents, November 2026).
GELU_LOW, GELU_ZERO = 0.17, 40

INPUT, MIXED, MIDDLE = range(3)  # columns of a layer's ranges: of attention, of what it gives, of the wide part

Tensors = Mapping[str, NDArray[Any]]


class GraphBuilder:
    """Collects nodes and constants; `op` adds a node and returns the name of its first output."""

    def __init__(self, tensors: Tensors, *, unsigned_weights: bool, fixed: bool) -> None:
        self.tensors, self.unsigned_weights = tensors, unsigned_weights
        self.fixed = fixed and RANGES in tensors
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}
        self.entering: list[str] = []  # what enters the linear layers that `calibrate` looks at

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

    def dense(self, x: str, names: Sequence[str], place: tuple[int, int] | None = None) -> list[str]:
        """Multiply (tokens, inputs) by int8 layers and add their biases; each is (tokens, outputs) float.

        ``place``: layer and column of its range in the model's; None: what GELU gives, which is too uneven for one.
        """
        if place:
            self.entering.append(x)
        if place and self.fixed:
            low, high = self.tensors[RANGES][place]
            size = np.float32(max(high - low, 1e-6) / 255)
            step = self.const(f"step_{place}", size)
            zero = self.const(f"zero_{place}", np.uint8(np.clip(np.rint(-low / size), 0, 255)))
            if place[1] == MIDDLE:
                x = self.op("Mul", x, self.const(f"ease_{place}", 1 / self.tensors[EASE][place[0]]))
            codes = self.op("QuantizeLinear", x, step, zero)
            return [self._product(codes, name, step, zero, place=place) for name in names]
        codes, zero, scale = self._by_rows(x, after_gelu=place is None)
        one = self.const("one", np.float32(1.0))
        products = [self.op("Mul", self._product(codes, name, one, zero), scale) for name in names]
        return [self.op("Add", y, self.param(f"{name}.bias")) for y, name in zip(products, names, strict=True)]

    def _by_rows(self, x: str, *, after_gelu: bool) -> tuple[str, str, str]:
        """(tokens, width) float -> uint8 codes, their zero, and the scale (tokens, 1): one scale for each token."""
        axis = self.const("last_axis", np.array([-1], np.int64))
        size = self.op("ReduceMax", x, axis, keepdims=0)
        middle = GELU_ZERO if after_gelu else 128
        if after_gelu:
            size = self.op("Max", size, self.const("gelu_floor", np.float32(GELU_LOW * (255 - middle) / middle)))
        else:
            low = self.op("Neg", self.op("ReduceMin", x, axis, keepdims=0))
            size = self.op("Max", size, low, self.const("tiny", np.float32(1e-12)))
        scale = self.op("Mul", size, self.const(f"per_{255 - middle}", np.float32(1 / (255 - middle))))
        zeros = self.const(f"zeros_{middle}", np.array([middle], np.uint8))
        codes = self.op("QuantizeLinear", x, scale, self.op("Expand", zeros, self.op("Shape", scale)), axis=0)
        return codes, self.const(f"zero_{middle}", np.uint8(middle)), self.op("Unsqueeze", scale, axis)

    def _product(self, codes: str, name: str, step: str, zero: str, *, place: tuple[int, int] | None = None) -> str:
        """Codes times the weights of a layer as float; with its bias where the range is fixed (``place``)."""
        weight, scales = self.tensors[f"{name}.weight"], self.tensors[f"{name}.weight_scale"]
        if place and place[1] == MIDDLE:
            weight, scales = quantise_rows(weight * scales[:, None] * self.tensors[EASE][place[0]])
        middle = self.const("zero_int8", np.int8(0))
        if self.unsigned_weights:
            weight = (weight.astype(np.int16) + 128).astype(np.uint8)
            middle = self.const("zero_128", np.uint8(128))
        parts = [codes, self.const(f"{name}.weight", weight.T), step, self.const(f"{name}.scale", scales), zero, middle]
        bias = [self.param(f"{name}.bias")] if place else []
        return self.op("MatMulIntegerToFloat", *parts, *bias, domain=CONTRIB)

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


def layer(g: GraphBuilder, x: str, number: int, shapes: tuple[str, str], heads: int, epsilon: float) -> str:
    """One transformer layer on (tokens, width)."""
    flat, cube = shapes
    prefix = f"encoder.layer.{number}"
    out = f"{prefix}.attention.output"
    names = [f"{prefix}.attention.self.{part}" for part in ("query", "key", "value")]
    parts = [g.op("Reshape", part, cube) for part in g.dense(x, names, (number, INPUT))]
    mixed = g.op("Attention", *parts, q_num_heads=heads, kv_num_heads=heads)  # a fifth faster than MultiHeadAttention
    (y,) = g.dense(g.op("Reshape", mixed, flat), [f"{out}.dense"], (number, MIXED))
    x = g.norm(g.op("Add", y, x), f"{out}.LayerNorm", epsilon)
    (wide,) = g.dense(x, [f"{prefix}.intermediate.dense"], (number, MIDDLE))
    (y,) = g.dense(g.op("Gelu", wide), [f"{prefix}.output.dense"])
    return g.norm(g.op("Add", y, x), f"{prefix}.output.LayerNorm", epsilon)


def graph_bytes(
    model: ModelDir, *, unsigned_weights: bool = False, watched: bool = False, layers: int | None = None
) -> bytes:
    """Build the graph: input `ids` (rows, length) int64, output `states` (rows, length, dim) float32.

    A model with a base layer has (rows, length, 2 dim): the last layer's states, then those of the base layer.
    ``layers``: end after so many of them, at most the base layer; there are the states of the last alone, the same bits
    as in the whole graph.
    ``watched``: with a scale for each token throughout, and outputs `entering_0`, `entering_1` and so on (tokens, dim):
    for each layer what enters it, the output of its attention, and its wide part.
    """
    from onnx import TensorProto, helper
    from safetensors.numpy import load_file

    size = model.spec["encoder"]
    tensors = load_file(model.path / "encoder.safetensors")
    g = GraphBuilder(tensors, unsigned_weights=unsigned_weights, fixed=not watched)
    dim, epsilon = int(size["dim"]), float(size["layer_norm_epsilon"])
    flat = g.const("flat_shape", np.array([-1, dim], np.int64))
    cube = g.op("Concat", g.op("Shape", "ids"), g.const("width", np.array([dim], np.int64)), axis=0)
    x = g.op("Reshape", embed(g, epsilon), flat)
    base: str | None = None
    for number in range(layers or int(size["layers"])):
        if number == model.base_layer:
            base = x
        x = layer(g, x, number, (flat, cube), int(size["heads"]), epsilon)
    if base is not None:
        dim *= 2
        x = g.op("Concat", x, base, axis=1)
        cube = g.op("Concat", g.op("Shape", "ids"), g.const("both_widths", np.array([dim], np.int64)), axis=0)
    g.nodes.append(helper.make_node("Reshape", [x, cube], ["states"], name="states"))
    results = [helper.make_tensor_value_info("states", TensorProto.FLOAT, ["rows", "length", dim])]
    for number, name in enumerate(g.entering if watched else ()):
        g.nodes.append(helper.make_node("Identity", [name], [f"entering_{number}"]))
        results.append(helper.make_tensor_value_info(f"entering_{number}", TensorProto.FLOAT, ["tokens", "dim"]))
    graph = helper.make_graph(
        g.nodes,
        model.name,
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["rows", "length"])],
        results,
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


def graph_file(
    model: ModelDir, *, unsigned_weights: bool = False, fresh: bool = False, layers: int | None = None
) -> Path:
    """Path of the model's graph, written at first use and again where `fresh`; `layers` as for `graph_bytes`.

    Falls back to a temporary folder of this process's user where the cache folder cannot be written.
    """
    suffix = ("-u8" if unsigned_weights else "") + (f"-layers{layers}" if layers else "")
    name = f"{model.name}-{model.weights_sha256[:16]}-g{GRAPH_VERSION}{suffix}.onnx"
    file = cache_folder() / name
    if file.is_file() and not fresh:
        return file
    data = graph_bytes(model, unsigned_weights=unsigned_weights, layers=layers)
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
