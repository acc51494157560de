"""What every stage needs: options, settings, the open store, the clock that as-of is, and what was done so far."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib import metadata
from pathlib import Path
from platform import python_version
from typing import TYPE_CHECKING, Any, Final

from voc import __version__
from voc.config import Config, load_config
from voc.errors import UsageError, VocError
from voc.pipeline.families import repeats
from voc.pipeline.options import NoProgress, Progress, RunOptions, RunResult, StageClock
from voc.pipeline.segments import LEAST, belongs, folder_part, suffix
from voc.results import DayCount
from voc.store import Store, lock, write_json_atomic
from voc.taxonomy import Taxonomy
from voc.trends import last_complete_week
from voc.weeks import Week, local_date

if TYPE_CHECKING:
    from voc.classify import Classifier
    from voc.engines import Engine
    from voc.store import Counted, Group

log = logging.getLogger("voc")

ALL: Final = "all"
LOOKED_BACK: Final = 27  # weeks: the report's, and those before it that any part of the report compares it with
UNHEARD: Final = frozenset({"empty", "no_customer_turns"})
_LONG: Final = frozenset({"rows", "folder", "files"})
_LIBRARIES: Final = ("bertopic", "numpy", "onnxruntime", "scikit-learn", "tokenizers")


@dataclass(eq=False)
class Context:
    """One command at work on one workspace."""

    options: RunOptions
    config: Config
    store: Store
    progress: Progress
    clock: StageClock = field(default_factory=StageClock)
    result: RunResult = field(default_factory=RunResult)
    horizon: dt.date | None = None  # documents after that day are passed over, as if they had not come yet

    @cached_property
    def taxonomy(self) -> Taxonomy:
        """The drivers that are looked for."""
        from voc.classify.taxonomies import find_taxonomy

        return find_taxonomy(self.config.general.model, self.options.taxonomy)

    @cached_property
    def classifier(self) -> Classifier:
        """The classifier that --model or voc.toml names; ModelError where it is missing."""
        return find_classifier(self.config, self.taxonomy)

    @property
    def model(self) -> str:
        """Id of the classifier, under which predictions are stored."""
        return self.classifier.id

    def as_of(self) -> dt.date | None:
        """The only "now": --as-of, else the day of the latest document; None where nothing is dated."""
        if self.options.as_of:
            return dt.date.fromisoformat(self.options.as_of)
        latest = self.store.latest_time(self.config.zone)
        return local_date(latest, self.config.zone) if latest else None

    def day(self, time: str | None) -> dt.date | None:
        """The local day of a document's time."""
        return local_date(time, self.config.zone) if time else None

    def in_period(self, time: str | None) -> bool:
        """Whether a document lies within --since and --until (both days included); an undated one does."""
        since, until = self.options.since, self.options.until
        if time is None or not (since or until):
            return True
        day = local_date(time, self.config.zone).isoformat()
        return (not since or day >= since) and (not until or day <= until)

    def counted(
        self, keys: Iterable[str] | None = None, *, probabilities: bool = False, label: str | None = None,
        days: tuple[dt.date, dt.date] | None = None,
    ) -> Iterator[Counted]:  # fmt: skip
        """The classified documents of the period and the segment, without their texts; nothing after the horizon. Of a
        segment without the weeks that hold too few documents to be told. Fewer by ``keys``, by ``label`` and, roughly,
        by ``days``: see `Store.counts`."""
        found = self.store.counts(self.model, keys, probabilities=probabilities, label=label, days=days)
        if not (self.options.since or self.options.until or self.options.segment or self.horizon):
            return found
        return (c for c in found if self._is_counted(c, self.scarce_weeks))

    def recent(self, weeks: int) -> Iterator[tuple[Counted, dt.date | None]]:
        """The same of the ``weeks`` (at most `LOOKED_BACK`) up to the report's, with their local days; all of them
        where nothing is dated. The store is read once for all who ask."""
        first = self.week.plus(1 - weeks).start if self.week else None
        return ((c, day) for c, day in self._recent if first is None or (day is not None and day >= first))

    @cached_property
    def _recent(self) -> list[tuple[Counted, dt.date | None]]:
        day_of, week = lru_cache(maxsize=16384)(self.day), self.week
        if week is None:
            return [(c, day_of(c.time)) for c in self.counted()]
        first, last = week.plus(1 - LOOKED_BACK).start, week.end
        found = ((c, day_of(c.time)) for c in self.counted(days=(first, last)))
        return [(c, day) for c, day in found if day is not None and first <= day <= last]

    def forget_recent(self) -> None:
        """Gives back the memory of `recent`, which asks the store again after that."""
        vars(self).pop("_recent", None)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The same documents, counted by what coverage tells of them."""
        return tuple(g for g in self.store.groups(self.model) if self._is_counted(g, self.scarce_weeks))

    def _is_counted(self, c: Counted | Group, scarce: frozenset[str]) -> bool:
        if not self.in_period(c.time) or not belongs(c, self.options.segment):
            return False
        day = self.day(c.time) if scarce or self.horizon else None
        return day is None or (str(Week.of(day)) not in scarce and (not self.horizon or day <= self.horizon))

    @cached_property
    def scarce_weeks(self) -> frozenset[str]:
        """Weeks of a segment that hold documents, but too few to be told. Of all feedback every week is told."""
        segment, weeks = self.options.segment, Counter[str]()
        for g in self.store.groups(self.model) if segment else ():
            if g.time and self.in_period(g.time) and belongs(g, segment):
                weeks[str(Week.of(local_date(g.time, self.config.zone)))] += g.documents
        return frozenset(week for week, count in weeks.items() if count < LEAST)

    def day_counts(
        self, *, probabilities: bool = False, days: tuple[dt.date, dt.date] | None = None
    ) -> Iterator[DayCount]:
        """The same, as the trends see them: what a customer says again in one week is no second voice in its shares."""
        return map(self._day_count, self.counted(probabilities=probabilities, days=days))

    def recent_counts(self, first: Week) -> Iterator[DayCount]:
        """The same from the week ``first`` to the report's."""
        last = self.week
        if last is not None and first >= last.plus(1 - LOOKED_BACK):
            start = first.start
            return (self._day_count(c) for c, day in self.recent(LOOKED_BACK) if day is not None and day >= start)
        return self.day_counts(days=(first.start, (last or first).end))

    def _day_count(self, c: Counted) -> DayCount:
        return DayCount(
            c.key, c.time, c.customer, c.labels, c.status not in UNHEARD and c.key not in self.said_again, c.channel,
            c.language, c.product, c.region, c.probabilities, frozenset(c.by_hand),
        )  # fmt: skip

    @cached_property
    def said_again(self) -> frozenset[str]:
        """Keys of near duplicates of one customer in one week of the period, the first of each left out."""
        twins = (twin for twin in self.store.twins() if self.in_period(twin.time))
        return repeats(twins, self.day, lambda day: day and day.isocalendar()[:2])

    @cached_property
    def week(self) -> Week | None:
        """The week of the report: --week, else the last complete one with data; None where nothing is dated."""
        if self.options.week:
            return Week.parse(self.options.week)
        as_of = self.as_of()
        return last_complete_week(self.groups, zone=self.config.zone, as_of=as_of) if as_of else None

    @property
    def week_name(self) -> str:
        """``2026-W46``, or ``all`` where nothing is dated."""
        return str(self.week) if self.week else ALL

    @property
    def scope(self) -> str:
        """Under which name themes, trends and reports of this week and period are kept."""
        period = f" {self.options.since or ''}..{self.options.until or ''}"
        return self.week_name + (period if period.strip() != ".." else "") + suffix(self.options.segment)

    @property
    def whole_scope(self) -> str:
        """The same of all feedback: themes are never made of a segment."""
        return self.scope.removesuffix(suffix(self.options.segment))

    @property
    def folder_name(self) -> str:
        """Of the report below the folder of all reports."""
        return self.week_name + folder_part(self.options.segment)

    def fingerprint(self, stage: str, **settings: object) -> str:
        """What a stage's result is made of: the data in the store, model, taxonomy, period and settings.

        Documents and predictions are only ever added, so their numbers say whether there are new ones.
        """
        data = [[s.name, s.sha256, s.documents, s.duplicates, s.rejects, s.done] for s in self.store.sources()]
        parts = {
            "voc": __version__,
            "stage": stage,
            "data": data,
            "documents": self.store.document_count(),
            "classified": self.store.models().get(self.model, 0),
            "by_hand": self.store.label_revision(),
            "unlinked": self.store.count_unlinked(),
            "model": self.model,
            "taxonomy": self.taxonomy.version,
            "zone": self.config.general.timezone,
            "as_of": str(self.as_of()),
            "scope": self.scope,
            **({"horizon": str(self.horizon)} if self.horizon else {}),
            "settings": settings,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def find_classifier(config: Config, taxonomy: Taxonomy) -> Classifier:
    """The classifier of the settings, without its encoder."""
    from voc.classify import load_classifier

    return load_classifier(config.general.model, taxonomy, config.general.quality)


def make_engine(config: Config, classifier: Classifier, taxonomy: Taxonomy) -> Engine:
    """The engine of the settings around a classifier; ModelError where the model, the device or Ray is missing."""
    from voc.encoders import load_encoder
    from voc.engines import LocalEngine

    chosen = config.general
    if chosen.engine == "ray":
        from voc.engines.ray import RayEngine, RayOptions

        options = RayOptions(chosen.address, chosen.model, chosen.quality, chosen.device, chosen.threads)
        return RayEngine(classifier.id, taxonomy, options)
    encoder = load_encoder(chosen.model, device=chosen.device, threads=chosen.threads, quality=chosen.quality)
    return LocalEngine(encoder, classifier)


def settings_of(options: RunOptions, *, alone: bool = False) -> Config:
    """voc.toml of the workspace, or where ``alone`` the defaults, with the options on top."""
    given = {
        "general.model": options.model,
        "general.device": options.device,
        "general.quality": options.quality,
        "general.engine": options.engine,
        "general.address": options.address,
        "ingest.max_reject_share": options.max_reject_share,
        "report.language": options.report_language,
        "report.pdf": options.pdf,
    }
    config = load_config(None if alone else options.workspace, {**given, **options.overrides})
    if options.address and config.general.engine != "ray":
        raise UsageError(f"--address {options.address} is of a Ray cluster", "Add --engine ray.")
    return config


@contextmanager
def reading(workspace: Path, model: str | None = None) -> Iterator[Context]:
    """Opens the workspace for looking at it; StoreError where there is none."""
    options = RunOptions(workspace, model=model)
    with Store.open(workspace, readonly=True) as store:
        yield Context(options, settings_of(options), store, NoProgress())


@contextmanager
def writing(command: str, options: RunOptions, progress: Progress) -> Iterator[Context]:
    """Holds the workspace for one command and leaves run.json (and --timings) behind, also when it fails."""
    with lock(options.workspace, options.wait), Store.open(options.workspace) as store:
        context = Context(options, settings_of(options), store, progress)
        run = store.start_run(command)
        exit_code = 1
        try:
            yield context
            exit_code = 0
        except VocError as error:
            exit_code = error.exit_code
            raise
        except KeyboardInterrupt:
            exit_code = 130
            raise
        finally:
            _leave_word(context, command, run, exit_code)


def _leave_word(context: Context, command: str, run: int, exit_code: int) -> None:
    summary, stages = context.result.summary, context.clock.stages
    inputs = summary.get("ingest", {}).get("inputs", [])
    known = [{key: i[key] for key in ("name", "sha256", "rows", "rejects")} for i in inputs]
    counts = {stage: _brief(done) for stage, done in summary.items()}
    context.store.finish_run(run, exit_code, counts, stages)
    word: dict[str, Any] = {
        "command": command,
        "inputs": known,
        "versions": versions(),
        "stages": stages,
        "counts": counts,
        "exit_code": exit_code,
    }
    write_json_atomic(context.store.workspace / "run.json", word)
    if context.options.timings:
        write_json_atomic(context.options.timings, {"stages": stages})


def _brief(done: Any) -> Any:
    """What a stage did, without the rows of the trends (the store has them) and paths, which may be absolute."""
    return {k: v for k, v in done.items() if k not in _LONG or isinstance(v, int)} if isinstance(done, dict) else done


def versions() -> dict[str, str]:
    """Versions of voc, Python and the libraries that results depend on."""
    return {"voc": __version__, "python": python_version(), **{name: metadata.version(name) for name in _LIBRARIES}}
