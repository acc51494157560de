"""What evaluate_themes.py measures themes by, and default BERTopic beside them: functions of arrays and units."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from math import log
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from voc.results import ThemeUnit
from voc.taxonomy import COMPLAINT, Taxonomy
from voc.themes.cluster import UNASSIGNED, find_clusters
from voc.themes.emerging import Calendar, emerges, scan
from voc.themes.fit import Birth, Window, advance, by_rule, holder_of
from voc.themes.lineage import Registry
from voc.themes.settings import ThemeSettings
from voc.themes.tokens import group_of, terms
from voc.themes.vectors import Space

Labels = NDArray[np.int64]
START: Final = dt.date(2026, 1, 5)
WEEKS: Final = 20
TOP: Final = 10  # words of a theme that coherence and diversity are of


def labels_of(window: Window, units: Sequence[ThemeUnit]) -> Labels:
    """A number for the theme of each of ``units``, -1 for none."""
    theme = {u.ref: t for u, t in zip(window.units, window.theme, strict=True)}
    number = {t: i for i, t in enumerate(sorted({t for t in theme.values() if t}))}
    return np.array([number.get(theme.get(u.ref) or "", UNASSIGNED) for u in units], dtype=np.int64)


def fit(units: Sequence[ThemeUnit], taxonomy: Taxonomy) -> tuple[Registry, Window]:
    """A first fit of undated units."""
    registry = Registry()
    birth = Birth("", Calendar(), taxonomy, ThemeSettings())
    return registry, advance(registry, units, fresh={u.ref for u in units}, birth=birth)


def stability(units: Sequence[ThemeUnit], taxonomy: Taxonomy, seed: int) -> dict[str, float]:
    """Adjusted Rand index between two orders of the same units, and between two 90% samples on what is assigned in
    both; the share of units in no theme and the number of themes."""
    from sklearn.metrics import adjusted_rand_score

    rng = np.random.default_rng(seed)
    straight = labels_of(fit(units, taxonomy)[1], units)
    shuffled = labels_of(fit([units[i] for i in rng.permutation(len(units))], taxonomy)[1], units)
    samples = []
    for _ in range(2):
        chosen = sorted(rng.choice(len(units), int(0.9 * len(units)), replace=False).tolist())
        samples.append(labels_of(fit([units[i] for i in chosen], taxonomy)[1], units))
    both = (samples[0] != UNASSIGNED) & (samples[1] != UNASSIGNED)
    return {
        "units": len(units),
        "themes": int(straight.max(initial=-1)) + 1,
        "unassigned": float(np.mean(straight == UNASSIGNED)),
        "order_ari": float(adjusted_rand_score(straight, shuffled)),
        "sample_ari": float(adjusted_rand_score(samples[0][both], samples[1][both])),
    }


def cluster_step(vectors: NDArray[np.float32], languages: Sequence[str]) -> Labels:
    """The cluster step alone, on documents."""
    placed = Space.fit(vectors, languages).transform(vectors, languages)
    rows = np.arange(len(placed))
    return find_clusters(placed, rows, rows, max(3, len(rows) // 100))


def agreement(labels: Labels, categories: Sequence[str]) -> float:
    """Adjusted mutual information with ``categories``; what is in no cluster is one cluster."""
    from sklearn.metrics import adjusted_mutual_info_score

    return float(adjusted_mutual_info_score(categories, labels))


def bertopic_runs(vectors: NDArray[np.float32], words: Sequence[Sequence[str]]) -> dict[str, Labels]:
    """Topics of default BERTopic and of five settings people choose, on the same vectors and words."""
    from bertopic import BERTopic
    from sklearn.cluster import KMeans
    from sklearn.feature_extraction.text import CountVectorizer
    from umap import UMAP

    def reducer(neighbours: int, axes: int) -> Any:
        return UMAP(n_neighbors=neighbours, n_components=axes, min_dist=0.0, metric="cosine", random_state=42)

    settings: dict[str, dict[str, Any]] = {
        "default": {},
        "min_topic_size 30": {"min_topic_size": 30},
        "min_topic_size 60": {"min_topic_size": 60},
        "n_neighbors 30, 10 axes": {"umap_model": reducer(30, 10)},
        "nr_topics auto": {"nr_topics": "auto", "min_topic_size": 15},
        "k-means 20": {"hdbscan_model": KMeans(20, n_init=4, random_state=42)},
    }
    documents = [" ".join(w.replace(" ", "_") for w in some) or "-" for some in words]
    found = {}
    for name, chosen in settings.items():
        counter = CountVectorizer(analyzer=str.split)
        parts = {"umap_model": reducer(15, 5), "vectorizer_model": counter, **chosen}
        model = BERTopic(language="multilingual", **parts)
        topics, _ = model.fit_transform(documents, embeddings=vectors)
        found[name] = np.asarray(topics, dtype=np.int64)
    return found


def words_of(texts: Iterable[tuple[str, str]]) -> list[list[str]]:
    """The single words of each text (text, language), as labels are made of."""
    return [[t.key for t in terms(text, language) if len(t.words) == 1] for text, language in texts]


def coherence(labels: Labels, words: Sequence[Sequence[str]]) -> tuple[float, float]:
    """Mean normalised pointwise mutual information of the TOP words of each topic (by c-TF-IDF; over the units), and
    diversity: the share of different words among all of these."""
    from voc.themes.engine import weigh

    weights = weigh(words, labels)
    tops = []
    for at, topic in enumerate(weights.rows):
        if topic != UNASSIGNED:
            row = weights.matrix[at].toarray()[0]
            tops.append([weights.columns[i] for i in np.argsort(-row, kind="stable")[:TOP] if row[i] > 0])
    single, pair, total = Counter[str](), Counter[tuple[str, str]](), len(words)
    wanted = {word for top in tops for word in top}
    for some in words:
        held = sorted(set(some) & wanted)
        single.update(held)
        pair.update(combinations(held, 2))
    scores = [
        np.mean([_npmi(single, pair, total, *sorted(two)) for two in combinations(top, 2)])
        for top in tops
        if len(top) > 1
    ]
    flat = [word for top in tops for word in top]
    return float(np.mean(scores)) if scores else 0.0, len(set(flat)) / max(len(flat), 1)


def _npmi(single: Mapping[str, int], pair: Mapping[tuple[str, str], int], total: int, one: str, other: str) -> float:
    both = pair.get((one, other), 0) / total
    if not both:
        return -1.0
    return log(both / (single[one] / total * single[other] / total)) / max(-log(both), 1e-12)


def planted_weeks(
    base: Sequence[Sequence[ThemeUnit]],
    other: Sequence[Sequence[ThemeUnit]],
    *,
    per_week: int,
    plant: int,
    seed: int,
    taxonomy: Taxonomy,
) -> dict[str, float]:
    """WEEKS weeks of ``per_week`` documents of ``base`` (the units of each), drawn at random, in the last of them
    ``plant`` documents of ``other``, week by week through the registry: whether they are found as emerging, with what
    precision and recall of documents with a segment of dissatisfaction, and how many other themes were called so."""
    rng = np.random.default_rng(seed)
    need = WEEKS * per_week
    drawn = np.resize(rng.permutation(len(base)), need)
    weeks: list[list[list[ThemeUnit]]] = [[] for _ in range(WEEKS)]
    for n, at in enumerate(drawn.tolist()):
        weeks[n // per_week].append(_dated(base[at], f"b{n:06d}", n // per_week, rng))
    carrying = [one for one in other if any(u.side == COMPLAINT for u in one)]
    for n, at in enumerate(rng.permutation(len(carrying))[:plant].tolist()):
        weeks[-1].append(_dated(carrying[at], f"p{n:06d}", WEEKS - 1, rng))
    registry, false, found = Registry(), 0, set[str]()
    for week in range(6, WEEKS):
        first = 0 if week == 6 else week
        fresh = {u.ref for some in weeks[first : week + 1] for one in some for u in one}
        last = week == WEEKS - 1
        for keys in _emerging_of(registry, weeks, week, fresh, taxonomy):
            hit = sum(key.startswith("p") for key in keys) > len(keys) / 2
            false += not hit
            found |= keys if hit and last else set()
    planted = {u.key for one in weeks[-1] for u in one if u.key.startswith("p") and u.side == COMPLAINT}
    right = {key for key in found if key.startswith("p")}
    return {
        "found": float(bool(found)),
        "precision": len(right) / len(found) if found else 0.0,
        "recall": len(right & planted) / max(len(planted), 1),
        "false": float(false),
    }


def _dated(units: Sequence[ThemeUnit], key: str, week: int, rng: np.random.Generator) -> list[ThemeUnit]:
    day = (START + dt.timedelta(days=7 * week + int(rng.integers(7)))).isoformat()
    return [replace(u, key=key, customer=key, day=day) for u in units]


def _week(day: str | None) -> str:
    return f"{(dt.date.fromisoformat(day or '') - START).days // 7:03d}"


def _emerging_of(
    registry: Registry,
    weeks: Sequence[Sequence[Sequence[ThemeUnit]]],
    week: int,
    fresh: set[tuple[str, int]],
    taxonomy: Taxonomy,
) -> list[set[str]]:
    """The documents of each theme that is called emerging in ``week``, in the span that says so."""
    span = range(max(0, week - 11), week + 1)
    calendar = Calendar({f"{w:03d}": len(weeks[w]) for w in span}, _week)
    units = [u for w in span for one in weeks[w] for u in one]
    birth = Birth("", calendar, taxonomy, ThemeSettings())
    window = advance(registry, units, fresh=fresh, birth=birth)
    today: dict[str, list[ThemeUnit]] = {}
    for unit, theme in zip(window.units, by_rule(registry, window, COMPLAINT), strict=True):
        if theme is not None:
            today.setdefault(theme, []).append(unit)
    scans, tests = scan({t: calendar.count(some) for t, some in today.items()}, list(calendar.heard.values()))
    inside = {t: calendar.within(today[t], one.weeks) for t, one in scans.items()}
    risen = {t for t, one in scans.items() if emerges(one, tests, len({u.who for u in inside[t]}))}
    told = {t: {u.key for u in inside[t]} for t in risen}
    for burst in window.bursts:
        holder = holder_of(burst, registry.members)
        if holder is not None:
            told.setdefault(holder, {key for key, _ in burst.units})
    return [told[t] for t in sorted(told)]


def mixing(window: Window) -> dict[str, float]:
    """Share of the units in themes where each of English and Chinese has a tenth or more of the members."""
    groups: dict[str, Counter[str]] = {}
    for unit, theme in zip(window.units, window.theme, strict=True):
        if theme is not None:
            groups.setdefault(theme, Counter())[group_of(unit.language)] += 1
    shared = sum(sum(c.values()) for c in groups.values() if min(c["en"], c["zh"]) * 10 >= sum(c.values()))
    total = sum(sum(c.values()) for c in groups.values())
    return {"themes": len(groups), "share_in_mixed_themes": shared / max(total, 1)}
