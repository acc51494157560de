"""Compare the speed of `voc classify` with what else could read the same documents, in one run on one machine.

    python scripts/bench.py --feedback FOLDER --documents 1000 [--json FILE] [--price 0.10]

Every contender runs in a process of its own, one after the other, on the same documents (drawn at random, seeded, from
all that voc reads in FOLDER), with all cores, and tells documents and tokens a second and its peak memory. Loading is
left out for the libraries and counted for `voc classify`, whose whole command is timed. Speed alone is compared here:
the pipeline for zero-shot has random weights of the encoder's size, since no hub is asked. What is not installed is
said to be so.

`share_of_peak`: multiplications and additions of the network's layers a second, as a share of what ONNX Runtime's own
product of two 8-bit matrices (1,024 x 1,024 x 1,024, all cores) reaches on this machine in the same run.
`--price`: dollars an hour of this machine, for the cost of a million documents.
"""

from __future__ import annotations

import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import numpy as np

from voc.encoders import resolve_model
from voc.encoders.windows import cpu_count

LABELS = ("rude staff", "incompetent work", "staff without knowledge", "neglect", "polite staff", "good work",
          "staff with knowledge", "attentive staff", "leaving")  # fmt: skip
LONGEST = 512  # tokens at which the libraries cut, which is what their models allow
SLOW = 0.2  # share of the documents that contenders of a tenth of the speed are given


def documents(paths: Sequence[str], count: int, seed: int) -> list[str]:
    """Texts of ``count`` documents drawn at random from all under ``paths``."""
    from voc.documents import Document
    from voc.ingest import IngestOptions, open_sources

    texts = [d.text for p in paths for s in open_sources(p, IngestOptions()) for d in s if isinstance(d, Document)]
    texts = sorted({text for text in texts if text.strip()})
    return random.Random(seed).sample(texts, min(count, len(texts)))  # noqa: S311 - a sample


def library(name: str) -> Any:
    """A module whose types say less than they cost."""
    return import_module(name)


def fast_tokenizer() -> Any:
    """The default encoder's tokenizer, as transformers has it."""
    from tokenizers import Tokenizer

    return library("transformers").PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_file(str(resolve_model().path / "tokenizer.json")),
        pad_token="<pad>",  # noqa: S106 - no password
        model_max_length=LONGEST,
    )


def network() -> tuple[Any, Any]:
    """The default encoder in float32, and its tokenizer, as transformers has them."""
    import torch

    from voc.encoders.torch_encoder import bert_from_int8

    torch.set_num_threads(cpu_count())
    return bert_from_int8(resolve_model()).eval(), fast_tokenizer()


def timed(work: Callable[[], object], count: int) -> dict[str, float]:
    """Seconds and documents a second of ``work`` on ``count`` documents."""
    begun = time.perf_counter()
    work()
    seconds = time.perf_counter() - begun
    return {"documents": count, "seconds": seconds, "per_second": count / seconds}


def voc_classify(texts: Sequence[str], *options: str) -> dict[str, float]:
    """The whole command, start included."""
    with tempfile.TemporaryDirectory() as folder:
        feed = Path(folder, "feed.jsonl")
        feed.write_text("".join(json.dumps({"id": str(i), "text": t}) + "\n" for i, t in enumerate(texts)), "utf-8")
        command = [sys.executable, "-m", "voc", "classify", str(feed), "-o", str(Path(folder, "out.jsonl")), "-q"]
        return timed(lambda: subprocess.run([*command, *options], check=True), len(texts))


def transformers_pipeline(texts: Sequence[str], batch: int) -> dict[str, float]:
    """Hugging Face's pipeline over the same encoder."""
    model, tokenizer = network()
    cut = {"truncation": True, "max_length": LONGEST}
    pipeline = library("transformers").pipeline
    run = pipeline("feature-extraction", model=model, tokenizer=tokenizer, device="cpu", tokenize_kwargs=cut)
    return timed(lambda: [None for _ in run(list(texts), batch_size=batch)], len(texts))


def sentence_transformers(texts: Sequence[str], head: bool) -> dict[str, float]:
    """sentence-transformers over the same encoder; with ``head`` as SetFit predicts: vectors, then a linear head."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    modules = library("sentence_transformers.sentence_transformer.modules")
    model, tokenizer = network()
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        words = modules.Transformer(folder, max_seq_length=LONGEST)
    pooling = modules.Pooling(model.config.hidden_size)
    run = library("sentence_transformers").SentenceTransformer(modules=[words, pooling], device="cpu")
    if not head:
        return timed(lambda: run.encode(list(texts), batch_size=32, show_progress_bar=False), len(texts))
    rng = np.random.default_rng(0)
    linear = OneVsRestClassifier(LogisticRegression())
    linear.fit(rng.normal(size=(64, model.config.hidden_size)), rng.random((64, len(LABELS))) < 0.5)
    return timed(lambda: linear.predict(run.encode(list(texts), batch_size=32, show_progress_bar=False)), len(texts))


def zero_shot(texts: Sequence[str]) -> dict[str, float]:
    """The zero-shot pipeline: one pass of a network of the encoder's size for each of the nine labels."""
    transformers = library("transformers")
    model, tokenizer = network()
    config = model.config
    config.num_labels, config.label2id = 3, {"entailment": 0, "neutral": 1, "contradiction": 2}
    config.id2label = {number: label for label, number in config.label2id.items()}
    run = transformers.pipeline(
        "zero-shot-classification",
        model=transformers.BertForSequenceClassification(config).eval(),
        tokenizer=tokenizer,
        device="cpu",
    )
    return timed(lambda: [run(text, list(LABELS), multi_label=True) for text in texts], len(texts))


def themes(texts: Sequence[str], which: str) -> dict[str, float]:
    """BERTopic as it comes, or voc's cluster step, on the same vectors."""
    from sklearn.cluster import AgglomerativeClustering  # noqa: F401 - loaded before the clock starts, like umap below

    from voc.encoders import Passage, load_encoder

    vectors = np.concatenate([e.vectors for e in load_encoder().encode(Passage(t, ((0, len(t)),)) for t in texts)])
    if which == "bertopic":
        import umap  # noqa: F401
        from bertopic import BERTopic

        return timed(lambda: BERTopic().fit_transform(list(texts), vectors), len(texts))
    from scripts.themes_measures import cluster_step

    languages = ["zh" if any("\u4e00" <= c <= "\u9fff" for c in text) else "en" for text in texts]
    return timed(lambda: cluster_step(vectors, languages), len(texts))


CONTENDERS: dict[str, tuple[float, Callable[[Sequence[str]], dict[str, float]]]] = {
    "voc classify": (1.0, voc_classify),
    "voc classify --quality fast": (1.0, lambda texts: voc_classify(texts, "--quality", "fast")),
    "voc classify --quality full": (SLOW, lambda texts: voc_classify(texts, "--quality", "full")),
    "transformers pipeline, batch 1": (SLOW, lambda texts: transformers_pipeline(texts, 1)),
    "transformers pipeline, batch 32": (SLOW * 2, lambda texts: transformers_pipeline(texts, 32)),
    "sentence-transformers, batch 32": (SLOW * 2, lambda texts: sentence_transformers(texts, head=False)),
    "as SetFit predicts": (SLOW * 2, lambda texts: sentence_transformers(texts, head=True)),
    "zero-shot pipeline, random weights": (SLOW / 10, zero_shot),
    "themes: voc's cluster step": (1.0, lambda texts: themes(texts, "voc")),
    "themes: BERTopic": (1.0, lambda texts: themes(texts, "bertopic")),
}


def int8_peak() -> float:
    """Multiplications and additions a second of 8-bit matrix products, one a core at the same time."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    from voc.encoders.onnx_encoder import session_options
    from voc.encoders.onnx_graph import IR_VERSION, OPSET

    size, rounds = 1_024, 40
    weight = numpy_helper.from_array(np.ones((size, size), np.int8), "weight")
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["x", "weight"], ["y"])], "peak",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, [size, size])],
        [helper.make_tensor_value_info("y", TensorProto.INT32, [size, size])], [weight],
    )  # fmt: skip
    data = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    session = onnxruntime.InferenceSession(
        data.SerializeToString(), session_options(), providers=["CPUExecutionProvider"]
    )
    x = np.ones((size, size), np.uint8)

    def run(_core: int) -> None:
        for _ in range(rounds):
            session.run(None, {"x": x})

    run(0)
    begun = time.perf_counter()
    with ThreadPoolExecutor(cpu_count()) as pool:
        list(pool.map(run, range(cpu_count())))
    return float(2 * size**3 * rounds * cpu_count()) / (time.perf_counter() - begun)


def layer_operations() -> float:
    """Multiplications and additions of the network's linear layers for one token."""
    size = resolve_model().spec["encoder"]
    return float(2 * size["layers"] * (4 * size["dim"] ** 2 + 2 * size["dim"] * size["intermediate"]))


def in_a_process(name: str, texts: Sequence[str]) -> dict[str, Any]:
    """A contender's figures, or why it gave none."""
    with tempfile.TemporaryDirectory() as folder:
        feed = Path(folder, "texts.json")
        feed.write_text(json.dumps(list(texts)), "utf-8")
        command = [sys.executable, __file__, "--contender", name, "--texts", str(feed)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=quiet())
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def quiet() -> dict[str, str]:
    """The environment, in which no library asks a hub or shows a bar."""
    return os.environ | {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "TQDM_DISABLE": "1"}


def processor() -> str:
    """The name that the system gives its processor."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.is_file() else []
    name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
    return f"{name}, {cpu_count()} cores"


@click.command(help=__doc__)
@click.option("--feedback", multiple=True, default=("corpora/heronsund/feedback",), help="Where documents are.")
@click.option("--documents", "count", default=1_000, show_default=True, help="How many; slow contenders get fewer.")
@click.option("--only", multiple=True, type=click.Choice(list(CONTENDERS)), help="These contenders alone.")
@click.option("--json", "out", type=click.Path(path_type=Path, dir_okay=False), help="Write the figures here.")
@click.option("--price", default=0.10, show_default=True, help="Dollars an hour of this machine.")
@click.option("--date", "day", default="", help="The day to write beside the figures.")
@click.option("--contender", type=click.Choice(list(CONTENDERS)), hidden=True)
@click.option("--texts", type=click.Path(path_type=Path, exists=True), hidden=True)
def main(
    feedback: tuple[str, ...], count: int, only: tuple[str, ...], out: Path | None, price: float, day: str,
    contender: str | None, texts: Path | None,
) -> None:  # fmt: skip
    if contender and texts:
        figures = CONTENDERS[contender][1](json.loads(texts.read_text("utf-8")))
        who = resource.RUSAGE_CHILDREN if contender.startswith("voc classify") else resource.RUSAGE_SELF
        click.echo(json.dumps(figures | {"peak_megabytes": resource.getrusage(who).ru_maxrss / 1024}))
        return
    drawn = documents(feedback, count, seed=7)
    tokenizer = fast_tokenizer()
    tokens = [len(tokenizer(text)["input_ids"]) for text in drawn]
    peak = int8_peak()
    rows: dict[str, dict[str, Any]] = {}
    for name, (share, _) in CONTENDERS.items():
        if not only or name in only:
            part = max(8, round(len(drawn) * share))
            rows[name] = in_a_process(name, drawn[:part])
            if "per_second" in rows[name]:
                finish(rows[name], sum(tokens[:part]) / min(part, len(drawn)), peak, price, name)
            click.echo(f"{name:36} {json.dumps(rows[name])}")
    base = rows.get("transformers pipeline, batch 32", {}).get("per_second")
    for name, row in rows.items():
        if base and "per_second" in row and not name.startswith("themes"):
            row["ratio"] = round(row["per_second"] / base, 2)
            click.echo(f"{name:36} {row['ratio']:8.2f} x transformers, batch 32")
    if out:
        about = {"date": day, "processor": processor(), "int8_peak": peak, "documents": len(drawn),
                 "tokens_each": float(np.mean(tokens)), "price_an_hour": price}  # fmt: skip
        out.write_text(json.dumps({"about": about, "contenders": rows}, indent=1) + "\n", "utf-8")


def finish(row: dict[str, Any], tokens_each: float, peak: float, price: float, name: str) -> None:
    """Add what follows from documents a second."""
    row["tokens_per_second"] = row["per_second"] * tokens_each
    if name == "voc classify":
        row["share_of_peak"] = row["tokens_per_second"] * layer_operations() / peak
    row["dollars"] = {f"{n:,}": n / row["per_second"] / 3600 * price for n in (1_000, 10_000, 100_000, 1_000_000)}


if __name__ == "__main__":
    main()
