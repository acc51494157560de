"""From a document's segments and vectors to scores and probabilities: pure functions of that document alone.

A segment's logit for a label is a sum of two parts: n-gram weights, and small networks over its vector and the
document's. A document shows a label if any of its segments does (noisy-or); a calibrated logistic layer over that
and a few features beside it gives the probability. All arithmetic is in float64 and no sum runs over other documents,
so that stored numbers, rounded, are the same in any batch.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from voc.classify.heads import SIEVE_BITS, Floats, Heads
from voc.classify.lexical import Hashes, Owners, features_of

Logits = NDArray[np.float64]
USUAL_LENGTH = 20.0  # of a segment's idf values: keeps the values near those of vectors of length 1
_HAN = re.compile("[\u3400-\u9fff]")
FLOOR = -12.0  # logit of a segment that is not there


def sigmoid(logits: Logits) -> Logits:
    """1 / (1 + exp(-x)) without overflow, element by element."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits)))


def gram_values(hashes: Hashes, owner: Owners, grams: Hashes, idf: Floats) -> tuple[NDArray[np.intp], Owners, Logits]:
    """Rows of ``grams`` that occur in ``hashes``, each once for each text, with the text's number and the value.

    ``owner`` names the text of each hash; results are in the order of texts. The value is the idf over the root of
    their joint length in the text: a clear phrase counts for nearly as much in a long segment as in a short one.
    """
    pairs = np.sort(owner.astype(np.uint64) << np.uint64(32) | hashes)
    pairs = pairs[np.append(True, pairs[1:] != pairs[:-1])[: len(pairs)]]  # np.unique takes four times as long
    unique = (pairs & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    rows = np.minimum(np.searchsorted(grams, unique), max(len(grams) - 1, 0))
    known = grams[rows] == unique if len(grams) else np.zeros(len(rows), bool)
    rows, owner = rows[known], (pairs[known] >> np.uint64(32)).astype(np.intp)
    values = np.asarray(idf[rows], np.float64)
    length = np.bincount(owner, values * values)  # adds in order, so a text's sum does not depend on the others
    return rows, owner, values / np.sqrt(np.sqrt(length)[owner] * USUAL_LENGTH)


def lexical_logits(texts: Sequence[str], heads: Heads) -> Logits:
    """(n, L) logits of the n-gram part for each text, bias included."""
    logits = np.tile(np.asarray(heads.bias, np.float64), (len(texts), 1))
    hashes, owner = features_of(texts, heads.fold)
    likely = heads.sieve[hashes >> np.uint32(32 - SIEVE_BITS)]
    rows, owner, values = gram_values(hashes[likely], owner[likely], heads.grams, heads.idf)
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    if len(first):
        logits[owner[first]] += np.add.reduceat(values[:, None] * heads.gram_weights[rows], first, axis=0)
    return logits


def document_vector(vectors: Floats, tokens: NDArray[np.integer]) -> Logits:
    """(D,) the mean of (n, D) segment vectors, weighted by their numbers of tokens; zeros where there are none."""
    weights = np.asarray(tokens, np.float64)
    total = float(weights.sum())
    return np.asarray(weights @ np.asarray(vectors, np.float64) / total if total > 0 else np.zeros(vectors.shape[1]))


def standardise(vectors: Floats, tokens: NDArray[np.integer], heads: Heads) -> Logits:
    """(n, 2D): each segment's vector and its document's, standardised."""
    document = document_vector(vectors, tokens)
    both = np.stack([np.asarray(vectors, np.float64), np.broadcast_to(document, vectors.shape)], axis=1)
    return ((both - heads.centre) / heads.scale).reshape(len(vectors), -1)


def network_logits(inputs: Logits, heads: Heads) -> Logits:
    """(n, L): the mean over the M networks for standardised inputs (n, 2D)."""
    total = np.zeros((len(inputs), len(heads.labels)))
    members = len(heads.hidden_weights)
    for member in range(members):
        hidden = np.maximum(inputs @ heads.hidden_weights[member] + heads.hidden_bias[member], 0.0)
        total += hidden @ heads.output_weights[member] + heads.output_bias[member]
    return total / max(members, 1)


def document_features(logits: Logits, chinese: float) -> NDArray[np.float64]:
    """(F, L) features of a document from its segments' logits (n, L), n >= 1: the logit of the noisy-or, the two
    highest logits, the logarithm of n and the share of Chinese characters."""
    ordered = np.sort(logits, axis=0)[::-1]
    none = -np.logaddexp(0.0, logits).sum(axis=0)  # log of the chance that no segment shows the label
    noisy_or = np.log(-np.expm1(np.minimum(none, -1e-9))) - none
    second = ordered[1] if len(ordered) > 1 else np.full(logits.shape[1], FLOOR)
    constant = np.ones(logits.shape[1])
    return np.stack(
        [noisy_or, ordered[0], np.maximum(second, FLOOR), constant * np.log(len(logits)), constant * chinese]
    )


def chinese_share(text: str) -> float:
    """Share of Chinese characters among the letters of a text, 0..1; 0 where it has no letters."""
    letters = sum(map(str.isalpha, text))
    return len(_HAN.findall(text)) / letters if letters else 0.0


def probabilities(features_: NDArray[np.float64], stack: Floats) -> Logits:
    """(L,) calibrated probabilities of (F, L) document features under a stack (F + 1, L)."""
    return sigmoid((features_ * stack[:-1]).sum(axis=0) + stack[-1])
