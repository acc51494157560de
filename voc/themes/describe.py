"""Themes as a report shows them: labels, quotes, counts by week, and which of them are emerging."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voc.results import EMERGING, KNOWN, NEW, OTHER, Emergence, KnownTheme, Theme, ThemeResult, ThemeUnit
from voc.taxonomy import COMPLAINT, PRAISE, Taxonomy
from voc.themes.cluster import MIN_COSINE, UNASSIGNED
from voc.themes.dissatisfaction import tone
from voc.themes.distinct import LANGUAGES, Sayings, distinct
from voc.themes.emerging import Calendar, Scan, emerges, limit, scan
from voc.themes.engine import weigh
from voc.themes.fit import Birth, Window, advance, by_rule, by_theme, holder_of, likeness_to_middle, middles, shown
from voc.themes.labels import Labeller, UnitTerms
from voc.themes.lineage import Ref, Registry
from voc.themes.nesting import sub_drivers
from voc.themes.settings import ThemeSettings
from voc.themes.tokens import ENGLISH, Term, concept, group_of, nounlike, proper_names, terms
from voc.themes.vectors import Matrix

QUOTES: Final = 5
LABELLED: Final = 200  # the most central members of a theme that its label is made of
BACKGROUND: Final = 2000  # segments in no theme that the labels are told apart from
NEAR: Final = 200  # segments of praise, the most alike, among which a counter-example is looked for
NEW_WEEKS: Final = 2
_CLAUSES: Final = re.compile(r"[,;:.!?\n\uff0c\uff1b\uff1a\u3002\uff01\uff1f]|\bbut\b|\u4f46")
_OTHER_NAME: Final[Mapping[str, str]] = {
    "en": "General dissatisfaction",
    "zh-Hans": "笼统的不满",
    "zh-Hant": "籠統的不滿",
}


def fit_themes(
    units: Iterable[ThemeUnit],
    *,
    taxonomy: Taxonomy,
    settings: ThemeSettings | None = None,
    registry: Registry | None = None,
    fresh: Collection[Ref] | None = None,
    older: Iterable[tuple[ThemeUnit, str]] = (),
    day: str = "",
    calendar: Calendar | None = None,
) -> ThemeResult:
    """Themes of ``units``, those with most documents first; ``registry`` is brought up to them (see `advance`), without
    one all themes are born here, on ``day``. Nothing depends on the order of ``units``."""
    settings, registry = settings or ThemeSettings(), Registry() if registry is None else registry
    units = list(units)
    known = {u.ref for u in units} if fresh is None else fresh
    birth = Birth(day, calendar or Calendar(), taxonomy, settings)
    window = advance(registry, units, fresh=known, birth=birth, older=older)
    blank = len({(u.who, u.text) for u in units if not u.vector.any()})
    return describe(registry, window, birth, blank=blank)


def describe(registry: Registry, window: Window, birth: Birth, *, blank: int = 0) -> ThemeResult:
    """What the registry comes to in a window; ``blank``: units that have no place in the space, and so no theme."""
    taxonomy, settings, calendar = birth.taxonomy, birth.settings, birth.calendar
    rows = {t: at for t, at in by_theme(window.theme).items() if shown(registry, t)}
    counts = {t: calendar.count(window.units[a] for a in at) for t, at in rows.items()}
    today = {t: [window.units[a] for a in at] for t, at in by_theme(by_rule(registry, window, COMPLAINT)).items()}
    tested = {t: calendar.count(units) for t, units in today.items() if shown(registry, t)}
    scans, tests = scan(tested, list(calendar.heard.values()))
    praise = _praise(window)
    centrals = {t: at[np.argsort(-likeness_to_middle(window.alone[at]), kind="stable")] for t, at in rows.items()}
    sayings = _sayings(window, centrals, registry, taxonomy, settings)
    labels = distinct({t: sayings[t] for t in sorted(sayings, key=lambda t: (-len(centrals[t]), t))})
    near, places = _neighbours(registry, window), _places(registry, window)
    # A burst makes the theme that holds most of it emerge, the first where there are two.
    bursts = {holder: b for b in reversed(window.bursts) if (holder := holder_of(b, registry.members))}
    by_ref = {u.ref: u for u in window.units}
    themes = []
    for t, at in centrals.items():
        known, members = registry.themes[t], [window.units[a] for a in at]
        risen = _emergence(scans.get(t), tests, today.get(t, []), window.vectors[at], near.get(t), calendar)
        if risen is None and t in bursts:
            said = [by_ref[ref] for ref in bursts[t].units]
            risen = _emergence(bursts[t].found, bursts[t].tests, said, window.vectors[at], near.get(t), calendar)
        themes.append(
            Theme(
                id=t,
                labels=labels[t],
                driver=known.driver,
                side=known.side,
                state=EMERGING if risen else _state(counts[t]),
                members=tuple(sorted(u.ref for u in members)),
                documents=len({u.key for u in members}),
                customers=len({u.customer for u in members if u.customer is not None}) or None,
                quotes=_quotes(members, labels[t]),
                drivers=_drivers(members),
                weekly=tuple(counts[t]),
                pinned=known.pinned,
                counter=_counter(window, at, praise, sayings[t].things) if known.side == COMPLAINT else None,
                place=places.get(t),
                emergence=risen,
                sub_driver=(nested := registry.sub_driver(t)),
                sub_names=sub_drivers(known.driver, taxonomy).get(nested, {}),
                nearest=near.get(t),
            )
        )
    kept = _shown_at_most(themes, settings.max_themes)
    total = len(window.units) + blank
    return ThemeResult(kept, total, total - sum(len(t.members) for t in kept), tuple(calendar.heard), tests)


def with_late(before: ThemeResult, registry: Registry, late: Sequence[ThemeUnit], calendar: Calendar) -> ThemeResult:
    """The themes of an earlier report with documents that came late: members are added by the rule, nothing moves. What
    was assigned to a theme that the report did not know is added to the one that it was split from, if any."""
    known, added = {t.id for t in before.themes}, dict[str, list[ThemeUnit]]()
    for unit in late:
        identity = registry.members.get(unit.ref)
        while identity is not None and identity not in known:
            identity = registry.themes[identity].parent
        if identity is not None:
            added.setdefault(identity, []).append(unit)
    themes = tuple(_joined(t, added[t.id], calendar) if t.id in added else t for t in before.themes)
    gained = sum(map(len, added.values()))
    return replace(
        before, themes=themes, units=before.units + len(late), unassigned=before.unassigned + len(late) - gained
    )


def _joined(theme: Theme, late: Sequence[ThemeUnit], calendar: Calendar) -> Theme:
    new = [u for u in late if u.ref not in theme.members]
    people = len({u.customer for u in new if u.customer is not None})
    more = calendar.count(new)
    return replace(
        theme,
        members=tuple(sorted((*theme.members, *(u.ref for u in new)))),
        documents=theme.documents + len({u.key for u in new} - {key for key, _ in theme.members}),
        customers=theme.customers + people if theme.customers is not None else people or None,
        weekly=tuple(a + b for a, b in zip(theme.weekly, more, strict=True)) if theme.weekly else theme.weekly,
    )


def _shown_at_most(themes: Iterable[Theme], most: int) -> tuple[Theme, ...]:
    """``most`` themes each of drivers, of what no driver covers, and of praise; pinned and emerging ones always."""
    ordered = sorted(themes, key=lambda t: (-t.documents, -len(t.members), t.driver, t.members))
    kept, taken = list[Theme](), Counter[str]()
    for theme in sorted(ordered, key=lambda t: not (t.pinned or t.emergence)):
        part = PRAISE if theme.side == PRAISE else OTHER if theme.driver == OTHER else COMPLAINT
        taken[part] += 1
        if taken[part] <= most or theme.pinned or theme.emergence:
            kept.append(theme)
    return tuple(theme for theme in ordered if theme in kept)


def _state(weekly: Sequence[int]) -> str:
    """New where the theme was not heard of before the last two weeks of several."""
    earlier, late = weekly[:-NEW_WEEKS], weekly[-NEW_WEEKS:]
    return NEW if len(earlier) and not any(earlier) and any(late) else KNOWN


def _drivers(members: Iterable[ThemeUnit]) -> dict[str, int]:
    counts = Counter(driver for _, driver in {(u.key, u.driver) for u in members})
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _emergence(
    found: Scan | None,
    tests: int,
    members: Sequence[ThemeUnit],
    vectors: Matrix,
    near: tuple[str, float] | None,
    calendar: Calendar,
) -> Emergence | None:
    if found is None:
        return None
    inside = calendar.within(members, found.weeks)
    if not emerges(found, tests, len({u.who for u in inside})):
        return None
    return Emergence(
        weeks=found.weeks,
        found=found.found,
        documents=found.documents,
        expected=round(found.expected, 2),
        baseline=found.baseline,
        p=float(f"{found.p:.3g}"),
        limit=float(f"{limit(tests):.3g}"),
        customers=len({u.who for u in inside}),
        channels=tuple(sorted({u.channel for u in inside if u.channel})),
        languages=tuple(sorted({u.language for u in inside})),
        first=min((u.day for u in members if u.day), default=None),
        cohesion=round(float(likeness_to_middle(vectors).mean()), 3),
        nearest=near[0] if near else None,
        likeness=near[1] if near else None,
    )


def _neighbours(registry: Registry, window: Window) -> dict[str, tuple[str, float]]:
    """The most alike other theme of its side for each, and the cosine to it."""
    found = dict[str, tuple[str, float]]()
    for side in (COMPLAINT, PRAISE):
        names, centroids = middles(registry, window, side)
        cosines = centroids @ centroids.T
        np.fill_diagonal(cosines, -2.0)
        for name, row in zip(names, cosines if len(names) > 1 else (), strict=False):
            found[name] = (names[int(row.argmax())], round(float(row.max()), 3))
    return found


def _places(registry: Registry, window: Window) -> dict[str, tuple[float, float]]:
    """Where themes lie on a map: the two main axes of their middles, about -1..1."""
    found = [middles(registry, window, side) for side in (COMPLAINT, PRAISE)]
    names = [name for some, _ in found for name in some]
    if len(names) < 3:
        return {}
    centroids = np.concatenate([c for _, c in found]).astype(np.float64)
    middle = centroids.mean(axis=0)
    _, directions = np.linalg.eigh((centroids - middle).T @ (centroids - middle))
    axes = directions[:, -2:][:, ::-1]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    flat = (centroids - middle) @ axes
    flat /= max(float(np.abs(flat).max()), 1e-9)
    if flat.shape[1] < 2:
        flat = np.column_stack([flat, np.zeros(len(flat))])
    return {name: (round(float(x), 3), round(float(y), 3)) for name, (x, y) in zip(names, flat, strict=True)}


def _quotes(central: Sequence[ThemeUnit], label: Mapping[str, str]) -> tuple[Ref, ...]:
    """Members of different documents and with different words: the most central of those that say a word of the
    ``label``, in either language, then the most central of all."""
    said = _said(label)
    near = (
        u
        for u in central[:LABELLED]
        if any(said.intersection(_concepts(group_of(u.language), term)) for term in terms(u.text, u.language))
    )
    quotes: dict[str, Ref] = {}
    texts = set[str]()
    for unit in chain(near, central):
        if unit.key not in quotes and unit.text not in texts:
            quotes[unit.key] = unit.ref
            texts.add(unit.text)
        if len(quotes) == QUOTES:
            break
    return tuple(quotes.values())


def _said(label: Mapping[str, str]) -> frozenset[str]:
    """What the phrases of a label stand for, and their words."""
    return frozenset(
        said for tag in LANGUAGES for term in terms(label.get(tag, ""), tag) for said in _concepts(group_of(tag), term)
    )


def _concepts(group: str, term: Term) -> Iterator[str]:
    return (concept(group, key) for key in (term.key, *term.words))


def _praise(window: Window) -> NDArray[np.int64]:
    """Rows of praise that no complaint is made of, too."""
    complaints = {u.ref for u in window.units if u.side == COMPLAINT}
    return np.array(
        [a for a, u in enumerate(window.units) if u.side == PRAISE and u.ref not in complaints], dtype=np.int64
    )


def _counter(window: Window, at: NDArray[np.int64], praise: NDArray[np.int64], things: Set[str]) -> Ref | None:
    """The segment of praise that is most alike, of those in which a clause names one of the ``things`` that the theme
    is about and says good of it and nothing bad. None where the rule would not put it there: praise of another matter
    is no counter-example."""
    if not len(praise) or not things:
        return None
    middle = window.vectors[at].mean(axis=0, dtype=np.float64)
    cosines = np.round(window.vectors[praise] @ (middle / max(float(np.linalg.norm(middle)), 1e-12)), 6)
    for best in np.argsort(-cosines, kind="stable")[:NEAR]:
        unit: ThemeUnit = window.units[praise[best]]
        if cosines[best] < MIN_COSINE:
            return None
        if any(_praises(clause, unit.language, things) for clause in _CLAUSES.split(unit.text)):
            return unit.ref
    return None


def _praises(clause: str, language: str, things: Set[str]) -> bool:
    told, group = tone(clause, language), group_of(language)
    if not told.good or told.strong:
        return False
    return any(concept(group, term.key) in things for term in terms(clause, language))


def _filed_under(known: KnownTheme, nested: str, taxonomy: Taxonomy) -> tuple[Mapping[str, str], Sequence[str]]:
    """What a theme is called where its words say too little, and the names of its driver, which no label repeats."""
    subs = sub_drivers(known.driver, taxonomy)
    if known.driver == OTHER:
        return subs.get(nested, _OTHER_NAME), ()
    driver = taxonomy.driver(known.driver)
    name = driver.name if known.side == COMPLAINT else driver.praise_name
    return subs.get(nested, name), tuple(name.values())


def _sayings(
    window: Window,
    centrals: Mapping[str, NDArray[np.int64]],
    registry: Registry,
    taxonomy: Taxonomy,
    settings: ThemeSettings,
) -> dict[str, Sayings]:
    """What labels of themes may be made of: from their most central members, told apart from a sample of what is in
    none."""
    if not centrals:
        return {}
    none = [a for a, theme in enumerate(window.theme) if theme is None]
    none = none[:: -(-len(none) // BACKGROUND) or 1]
    chosen, topics, rows = list[int](), list[int](), list[list[int]]()
    for number, at in enumerate(centrals.values()):
        rows.append(list(range(len(chosen), len(chosen) + len(at[:LABELLED]))))
        chosen += [int(a) for a in at[:LABELLED]]
        topics += [number] * len(at[:LABELLED])
    units = [window.units[a] for a in chosen + none]
    words = [UnitTerms(group_of(u.language), tuple(terms(u.text, u.language))) for u in units]
    weights = weigh([w.counted() for w in words], np.array(topics + [UNASSIGNED] * len(none), dtype=np.int64))
    english = [u.text for u in units if group_of(u.language) == ENGLISH]
    names = proper_names(english)
    labeller = Labeller(weights, words, [u.key for u in units], settings.company, nounlike(english), names)
    labeller.compare(dict(enumerate(rows)))
    sayings = {}
    for number, t in enumerate(centrals):
        known = registry.themes[t]
        name, driver = _filed_under(known, registry.sub_driver(t), taxonomy)
        sayings[t] = labeller.sayings(number, rows[number], name, driver, known.names)
    return sayings
