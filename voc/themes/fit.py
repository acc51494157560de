"""One week of themes: what is new is assigned to the themes that are known, and the residue is clustered."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voc.results import OTHER, ThemeUnit
from voc.taxonomy import COMPLAINT, PRAISE, Taxonomy
from voc.themes.cluster import PER_CLUSTER, SAME_COSINE, UNASSIGNED, assign, centroids_of, find_clusters
from voc.themes.emerging import MIN_FOUND, Calendar, emerges, scan
from voc.themes.lineage import ACTIVE, MERGED, Ref, Registry
from voc.themes.nesting import sub_driver
from voc.themes.settings import ThemeSettings
from voc.themes.vectors import Matrix, Space
from voc.themes.word_bursts import OVERLAP, Burst, word_bursts

OTHER_CODE: Final = "O"
COPIES: Final = 5  # of one text that a fit sees: a template is one matter, however many send it
FIRST_SHARE: Final = 100  # a theme of the first fit has at least one in so many of the window's documents ...
LATER_SHARE: Final = 50  # ... a later one, which takes what the first left, one in so many ...
BURST_WEEKS: Final = 2  # ... unless it stands out in the last weeks: it may be as small as a test allows
PER_BURST: Final = 1.0  # as PER_CLUSTER, for these: a burst is small beside what is said every week
COHESION: Final = 0.55  # mean cosine of a theme's members to their middle, at birth
MANY: Final = 4  # times the least number of documents: so many people may all write on one day


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """The units of a window, each in the space of them all: ``vectors`` (n, axes), rows of length one, and ``alone``,
    the same not drawn to their neighbours; ``theme``: the theme of each, None for none; ``older``: members from before
    the window, one theme and vector a row; ``bursts``: words that are suddenly said by many complaints (none where no
    theme may be born)."""

    units: tuple[ThemeUnit, ...]
    vectors: Matrix
    theme: tuple[str | None, ...]
    older: tuple[tuple[str, str], ...]
    older_vectors: Matrix
    alone: Matrix
    bursts: tuple[Burst, ...] = ()


def distinct(units: Iterable[ThemeUnit]) -> tuple[ThemeUnit, ...]:
    """Units in the order of their references; of equal texts of one customer, driver and side the first alone, and
    none in whose text the encoder saw nothing (the zero vector is like no other)."""
    kept: dict[tuple[str, str, str, str], ThemeUnit] = {}
    for unit in sorted(units, key=lambda u: (u.ref, u.driver, u.side)):
        if unit.vector.any():
            kept.setdefault((unit.driver, unit.side, unit.who, _plain(unit.text)), unit)
    return tuple(kept.values())


def advance(
    registry: Registry,
    units: Iterable[ThemeUnit],
    *,
    fresh: Collection[Ref],
    birth: Birth | None,
    older: Iterable[tuple[ThemeUnit, str]] = (),
) -> Window:
    """Brings ``registry`` up to the ``units`` of a window: the ``fresh`` ones are assigned to known themes, and what is
    in no theme is clustered; a cluster of enough documents, customers and days becomes a theme.

    ``birth`` None: no theme is born. ``older``: members from before the window, for themes that would be forgotten
    without them, and their theme. The result depends neither on the order of ``units`` nor on the number of threads.
    ValueError where the vectors differ in length or hold a number that is not finite.
    """
    from threadpoolctl import threadpool_limits

    kept, fresh = distinct(units), frozenset(fresh)
    past = sorted(older, key=lambda pair: pair[0].ref) if kept else []
    with threadpool_limits(limits=1):  # sums in another order would be other sums
        space, alone, vectors = _space(kept)
        old = space.transform(_stacked([u for u, _ in past]), [u.language for u, _ in past]) if past else vectors[:0]
        bursts = word_bursts(kept, vectors, birth.calendar) if birth is not None else ()
        window = Window(kept, vectors, (), tuple((u.side, theme) for u, theme in past), old, alone, bursts)
        for side in (COMPLAINT, PRAISE):
            rows = np.array([at for at, u in enumerate(kept) if u.side == side], dtype=np.int64)
            free = {window.units[at].ref for at in rows} & (fresh - registry.members.keys())
            _assign_fresh(registry, window, rows, side, free)
            before = _number_of(registry, side)
            # Without anything new nothing is born: a week that is run again comes to the same.
            if birth is not None and any(window.units[at].ref in fresh for at in rows):
                _bear(registry, window, rows, birth, free)
            if 0 < before < _number_of(registry, side):
                _assign_fresh(registry, window, rows, side, free)
    return replace(window, theme=tuple(registry.members.get(u.ref) for u in kept))


def _number_of(registry: Registry, side: str) -> int:
    return sum(theme.side == side for theme in registry.themes.values())


def _space(units: Sequence[ThemeUnit]) -> tuple[Space, Matrix, Matrix]:
    if len({u.vector.shape for u in units}) > 1:
        raise ValueError("the vectors of the units differ in length: they are not of one encoder")
    if not units:
        none = np.zeros((0, 1), dtype=np.float32)
        return Space(np.zeros(1, np.float32), {}, np.zeros((1, 1)), none, none), none, none
    vectors, languages = _stacked(units), [u.language for u in units]
    if not np.isfinite(vectors).all():
        raise ValueError("a vector holds a number that is not finite")
    typical = _typical(units)
    space = Space.fit(vectors[typical], [languages[at] for at in typical])
    alone = space.alone(vectors, languages)
    return space, alone, space.draw(alone)


def _stacked(units: Sequence[ThemeUnit]) -> Matrix:
    return np.stack([u.vector for u in units]).astype(np.float32)


def _typical(units: Sequence[ThemeUnit]) -> NDArray[np.int64]:
    """Rows of ``units`` with at most COPIES of one text."""
    seen = Counter[str]()
    rows = []
    for at, unit in enumerate(units):
        text = _plain(unit.text)
        seen[text] += 1
        if seen[text] <= COPIES:
            rows.append(at)
    return np.array(rows, dtype=np.int64)


def middles(registry: Registry, window: Window, side: str) -> tuple[list[str], Matrix]:
    """The themes of ``side`` that take segments in and have members here, and their centroids (k, axes): the middle of
    the members in the window and of the older ones."""
    taking = sorted(t.id for t in registry.themes.values() if t.state != MERGED and t.side == side)
    number = {identity: at for at, identity in enumerate(taking)}
    labels = [number.get(registry.members.get(u.ref, ""), UNASSIGNED) for u in window.units]
    labels += [number.get(theme, UNASSIGNED) for _, theme in window.older]
    all_vectors = np.concatenate([window.vectors, window.older_vectors])
    centroids = centroids_of(all_vectors, np.array(labels, dtype=np.int64), len(taking))
    held = np.flatnonzero(centroids.any(axis=1))
    return [taking[at] for at in held], centroids[held]


def _assign_fresh(
    registry: Registry, window: Window, rows: NDArray[np.int64], side: str, fresh: Collection[Ref]
) -> None:
    """Puts the fresh units into the themes that the rule names, those also that were put into another one just now,
    before this week's themes were born."""
    names, centroids = middles(registry, window, side)
    free = [at for at in rows if window.units[at].ref in fresh]
    if names and free:
        found = assign(window.vectors[free], centroids)
        registry.release(window.units[at].ref for at in free)
        registry.assign(
            {window.units[at].ref: names[to] for at, to in zip(free, found, strict=True) if to != UNASSIGNED}
        )


def _bear(registry: Registry, window: Window, rows: NDArray[np.int64], birth: Birth, fresh: Collection[Ref]) -> None:
    """New themes: what stands out in the last weeks, however small; then what is in no theme, where it is large."""
    sides = {window.units[at].side for at in rows}
    first = not any(t.side in sides for t in registry.themes.values())
    known = set(registry.themes)
    _bear_bursts(registry, window, rows, birth, fresh)
    _bear_word_bursts(registry, window, rows, birth, fresh, registry.themes.keys() - known)
    # A template that thousands send makes no other theme small.
    units = [window.units[at] for at in rows]
    documents = len({units[at].key for at in _typical(units)})
    large = max(birth.settings.min_documents, documents // (FIRST_SHARE if first else LATER_SHARE))
    for members in _clusters(registry, window, rows, large, birth):
        birth.bear(registry, members, window.units)


def _bear_bursts(
    registry: Registry, window: Window, rows: NDArray[np.int64], birth: Birth, fresh: Collection[Ref]
) -> None:
    """Clusters what is new in the last weeks finely, lets the rule sort the whole window into these clusters and the
    known themes, and makes themes of those that stand out against the weeks before."""
    late = {u.ref for u in birth.calendar.within([window.units[at] for at in rows], BURST_WEEKS)}
    late = {ref for ref in late if ref in fresh or ref not in registry.members}
    recent = np.array([at for at in rows if window.units[at].ref in late], dtype=np.int64)
    if len({window.units[at].key for at in recent}) < 2 * MIN_FOUND:
        return
    units = [window.units[at] for at in recent]
    documents = np.unique([u.key for u in units], return_inverse=True)[1].astype(np.int64)
    method = birth.settings.clusterer
    labels = find_clusters(window.vectors[recent], documents, _typical(units), MIN_FOUND, method, PER_BURST)
    candidates = centroids_of(window.vectors[recent], labels, int(labels.max(initial=-1)) + 1)
    names, centroids = middles(registry, window, units[0].side)
    found = assign(window.vectors[rows], np.concatenate([centroids, candidates])) - len(centroids)
    drawn = {str(n): [window.units[at] for at in rows[found == n]] for n in range(len(candidates))}
    counts = {n: birth.calendar.count(some) for n, some in drawn.items()}
    scans, tests = scan(counts, list(birth.calendar.heard.values()))
    place = {window.units[at].ref: at for at in rows}
    for n, one in scans.items():
        inside = birth.calendar.within(drawn[n], one.weeks)
        if emerges(one, tests + len(names), len({u.who for u in inside})):
            members = [u for u in drawn[n] if u.ref in late]
            middle = candidates[int(n)]
            members.sort(key=lambda u: (-round(float(window.vectors[place[u.ref]] @ middle), 6), u.ref))
            registry.release(u.ref for u in members)
            birth.bear(registry, members, window.units)


def _bear_word_bursts(
    registry: Registry,
    window: Window,
    rows: NDArray[np.int64],
    birth: Birth,
    fresh: Collection[Ref],
    born: Collection[str],
) -> None:
    """Themes of what says words that are suddenly said by many, where no theme holds most of it and little else; what
    is like a theme that was ``born`` of the same weeks just now joins that."""
    free = {window.units[at].ref: at for at in rows if window.units[at].side == COMPLAINT}
    recent = Counter(registry.members.get(u.ref) for u in birth.calendar.within(window.units, BURST_WEEKS))
    for burst in window.bursts:
        holder = holder_of(burst, registry.members)
        if holder is not None and OVERLAP * recent[holder] <= len(burst.units):
            continue
        at = [free[ref] for ref in burst.units if ref in free and (ref in fresh or ref not in registry.members)]
        inside = [window.units[a] for a in at]
        if min(len({u.key for u in inside}), len({u.who for u in inside})) < MIN_FOUND:
            continue
        names, centroids = middles(registry, window, COMPLAINT)
        alike = centroids @ centroids_of(window.vectors[at], np.zeros(len(at), dtype=np.int64), 1)[0]
        near = names[int(alike.argmax())] if names else ""
        registry.release(u.ref for u in inside)
        if near in born and alike.max() >= SAME_COSINE:
            registry.assign({u.ref: near for u in inside})
            continue
        likeness = likeness_to_middle(window.vectors[at])
        birth.bear(registry, [inside[a] for a in np.argsort(-likeness, kind="stable")], window.units)


def holder_of(burst: Burst, members: Mapping[Ref, str]) -> str | None:
    """The theme that holds at least half of a burst, if any; of two the first."""
    held = Counter(members[ref] for ref in burst.units if ref in members)
    most = min(held, key=lambda theme: (-held[theme], theme), default=None)
    return most if most is not None and held[most] >= OVERLAP * len(burst.units) else None


def _clusters(
    registry: Registry, window: Window, rows: NDArray[np.int64], least: int, birth: Birth
) -> list[list[ThemeUnit]]:
    """Clusters of those ``rows`` that are in no theme, enough alike, of enough people on enough days; of each the most
    central member first."""
    free = np.array([at for at in rows if window.units[at].ref not in registry.members], dtype=np.int64)
    if not len(free):
        return []
    units = [window.units[at] for at in free]
    documents = np.unique([u.key for u in units], return_inverse=True)[1].astype(np.int64)
    if documents.max() + 1 < 2 * birth.settings.min_documents:
        return []  # one cluster in so few could not be told from the rest
    method = birth.settings.clusterer
    labels = find_clusters(window.vectors[free], documents, _typical(units), least, method, PER_CLUSTER)
    found = []
    for number in range(int(labels.max(initial=-1)) + 1):
        inside = free[labels == number]
        likeness = likeness_to_middle(window.vectors[inside])
        members = [window.units[at] for at in inside[np.argsort(-likeness, kind="stable")]]
        people, days = len({u.who for u in members}), {u.day for u in members if u.day is not None}
        spread = len(days) != 1 or people >= MANY * birth.settings.min_documents
        if float(likeness.mean()) >= COHESION and people >= min(least, birth.settings.min_documents) and spread:
            found.append(members)
    return found


@dataclass(frozen=True, slots=True)
class Birth:
    """What a birth needs to know: the day, the weeks of the window, the drivers and the settings."""

    day: str
    calendar: Calendar
    taxonomy: Taxonomy
    settings: ThemeSettings

    def bear(self, registry: Registry, members: Sequence[ThemeUnit], among: Sequence[ThemeUnit]) -> None:
        """A theme of ``members``, the most central first, of the units ``among`` which they stand."""
        driver = _driver(members, self.taxonomy)
        identity = theme_id(registry, self.taxonomy, driver, members[0])
        nested = sub_driver(members, driver, self.taxonomy, among)
        registry.bear(self.day, identity, driver, members[0].side, [u.ref for u in members], nested)


def _driver(members: Sequence[ThemeUnit], taxonomy: Taxonomy) -> str:
    """The driver that most of the documents show; of equals, one before none, then in the order of the taxonomy."""
    counts = Counter(driver for _, driver in {(u.key, u.driver) for u in members})
    order = [*(d.key for d in taxonomy.drivers), OTHER]
    return max(counts, key=lambda d: (counts[d], -order.index(d) if d in order else -len(order)))


def theme_id(registry: Registry, taxonomy: Taxonomy, driver: str, central: ThemeUnit) -> str:
    """An id that no theme of the registry has: the driver's code and six hexadecimal digits or more of the most
    central member."""
    code = OTHER_CODE if driver == OTHER else taxonomy.driver(driver).code
    digest = hashlib.sha256(f"{central.side} {central.key} {central.segment}".encode()).hexdigest()
    digits = 6
    while f"{code}-{digest[:digits]}" in registry.themes:
        digits += 1
    return f"{code}-{digest[:digits]}"


def halves(window: Window, identity: str) -> tuple[list[ThemeUnit], list[ThemeUnit]]:
    """The members of a theme that are in the window in two groups, the larger first; the second is empty where they
    fall into one."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    rows = [at for at, theme in enumerate(window.theme) if theme == identity]
    members = [window.units[at] for at in rows]
    if len({u.key for u in members}) < 2:
        return members, []
    with threadpool_limits(limits=1):
        labels = KMeans(2, n_init=10, random_state=0).fit(window.vectors[rows]).labels_
    one = [u for u, label in zip(members, labels, strict=True) if label == labels[0]]
    other = [u for u, label in zip(members, labels, strict=True) if label != labels[0]]
    return (one, other) if len(one) >= len(other) else (other, one)


def likeness_to_middle(vectors: Matrix) -> NDArray[np.float64]:
    """Cosine of each row to the middle of all, rounded so that equals stay equal on every machine."""
    middle = vectors.mean(axis=0, dtype=np.float64)
    return np.asarray(np.round(vectors @ (middle / max(float(np.linalg.norm(middle)), 1e-12)), 6))


def by_rule(registry: Registry, window: Window, side: str) -> tuple[str | None, ...]:
    """The theme in which the rule would put each unit of ``side`` today, whenever it came: what the weeks of a window
    are compared by. Members are not: a theme that is born today took from earlier weeks only what no other had."""
    names, centroids = middles(registry, window, side)
    found = assign(window.vectors, centroids)
    return tuple(
        names[to] if to != UNASSIGNED and u.side == side else None for u, to in zip(window.units, found, strict=True)
    )


def shown(registry: Registry, identity: str | None) -> bool:
    """Whether a theme is shown in reports."""
    return identity is not None and registry.themes[identity].state == ACTIVE


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def continuity(registry: Registry, window: Window) -> float | None:
    """Share of the members in the window that the rule puts, in this space, where the registry has them; None where
    there are none. A new encoder changes the space and no member."""
    same = total = 0
    for side in (COMPLAINT, PRAISE):
        names, centroids = middles(registry, window, side)
        rows = [at for at, u in enumerate(window.units) if u.side == side and window.theme[at] in names]
        if rows:
            nearest = (window.vectors[rows] @ centroids.T).argmax(axis=1)
            same += sum(names[to] == window.theme[at] for at, to in zip(rows, nearest, strict=True))
            total += len(rows)
    return same / total if total else None


def by_theme(theme: Sequence[str | None]) -> Mapping[str, NDArray[np.int64]]:
    """Rows of each theme, in order."""
    rows: dict[str, list[int]] = {}
    for at, identity in enumerate(theme):
        if identity is not None:
            rows.setdefault(identity, []).append(at)
    return {identity: np.array(found, dtype=np.int64) for identity, found in sorted(rows.items())}
