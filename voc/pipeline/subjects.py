"""``voc subject`` and ``voc forget``: what is held about one customer, and taking it out for good."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from voc.documents import Document
from voc.errors import UsageError
from voc.pipeline.auditing import copies_of
from voc.pipeline.context import Context, log, reading, settings_of, writing
from voc.pipeline.errands import COMPACT, LEDGER, REPORT, run_errands, told_sidecars
from voc.pipeline.keys import pseudonym_keys
from voc.pipeline.options import NoProgress, Progress, RunOptions, RunResult
from voc.privacy import pseudonym
from voc.report import Gone, without
from voc.results import Evidence
from voc.store import FORGOTTEN, Erasure, Held, SavedReport, Store, is_mark, lock

_PSEUDONYM: Final = re.compile(r"c-[0-9a-f]{16}")
_CASE_DIGITS: Final = 10


@dataclass(frozen=True, slots=True)
class Subject:
    """A customer: ``name`` as it was given; ``names``: as the feed has it, where that is known; their ``mark``; and
    ``held``, their documents in ingest order."""

    name: str
    names: tuple[str, ...]
    mark: str
    held: tuple[Held, ...]


def find_subject(context: Context, name: str) -> Subject:
    """The customer called ``name`` by the feed, by their mark, or by a pseudonym of any key that this workspace had."""
    store = context.store
    found = {name}
    if _PSEUDONYM.fullmatch(name):
        keys = pseudonym_keys(context.options.workspace)
        found |= {c for c in store.customers() if any(pseudonym(key=key, customer=c) == name for key in keys)}
        found -= {name} if len(found) > 1 else set()
    elif is_mark(name):
        found |= {c for c, mark in store.marks(store.customers()).items() if mark == name}
    names = tuple(sorted(one for one in found if not is_mark(one)))
    marks = set(store.marks(found).values())
    return Subject(name, names, min(marks), tuple(store.held({*names, *marks})))


def subject(name: str, options: RunOptions) -> dict[str, Any]:
    """All that is held about a customer, in full and not redacted: the answer to a request of access. It is audited
    before anything is told. StoreError where the workspace cannot be written, and so nothing be audited."""
    with Store.open(options.workspace, create=False) as store:
        context = Context(options, settings_of(options), store, NoProgress())
        found = find_subject(context, name)
        store.audit("subject", {"subject": found.mark, "documents": len(found.held)}, options.as_of)
        keys = {h.key for h in found.held} | set(store.spent_keys([h.number for h in found.held]).values())
        quoted = _quoted(context, keys)
        return {
            "customer": found.name,
            "forgotten": found.mark in store.tombstones(),
            "documents": _documents(context, found.held),
            "cases": _cases(context, {h.key for h in found.held}),
            "reports": quoted,
            "copies": copies_of(store, found.held, {(q["week"], q["revision"]) for q in quoted}),
        }


def _documents(context: Context, held: Sequence[Held]) -> list[dict[str, Any]]:
    keys = [h.key for h in held]
    said = {p.key: p for p in context.store.predictions(context.model, keys)}
    hands = context.store.labels_by_hand()
    rows = []
    for h in held:
        d, prediction = h.document, said.get(h.key)
        rows.append(
            {
                "id": d.id, "key": h.key, "source": d.source, "row": h.row, "channel": d.channel, "time": d.time,
                "language": d.language, "product": d.product, "rating": d.rating, "text": d.text,
                "original": d.original, "reply": d.reply, "reply_time": d.reply_time, "thread": d.thread,
                "region": d.region, "segment": d.segment, "value": d.value, "metadata": dict(d.metadata),
                "turns": [{"role": t.role, "speaker": t.speaker, "text": d.text[t.start : t.end]} for t in d.turns],
                "labels": list(prediction.labels) if prediction else [],
                "evidence": [_span(d, e) for e in prediction.evidence] if prediction else [],
                "by_hand": {
                    label: {"value": one.value, "quote": one.quote, "reason": one.reason}
                    for label, one in sorted(hands.get(h.key, {}).items())
                },
                "themes": [{"week": m.scope, "theme": m.theme} for m in context.store.memberships(h.key)],
                "erased": h.erased,
            }
        )  # fmt: skip
    return rows


def _span(document: Document, evidence: Evidence) -> dict[str, Any]:
    return {"label": evidence.label, "score": evidence.score, "text": document.text[evidence.start : evidence.end]}


def _cases(context: Context, keys: set[str]) -> list[dict[str, Any]]:
    return [
        {
            "case": case.id, "state": case.state, "owner": case.owner, "opened": case.opened,
            "history": [{"day": e.day, "what": e.kind, "value": e.value, "by": e.who} for e in case.events],
        }
        for case in context.store.cases()
        if keys & set(case.keys)
    ]  # fmt: skip


def _quoted(context: Context, keys: set[str]) -> list[dict[str, Any]]:
    """The report revisions that hold words of these documents, and the folders where they were written last."""
    folders = context.store.report_folders()
    found = []
    for scope, revision, _ in context.store.reports():
        saved = context.store.report(scope, revision)
        if saved is None or not any(key in saved.value for key in keys):
            continue
        places = [str(f.folder) for f in folders if (f.scope, f.revision) == (scope, revision)]
        found.append({"week": scope, "revision": revision, "folders": places})
    return found


@dataclass(slots=True)
class _Plan:
    """What a forget does: all of it in one transaction, the errands after it."""

    subject: Subject
    erasures: list[Erasure] = field(default_factory=list)
    cases: dict[str, str] = field(default_factory=dict)
    reports: list[SavedReport] = field(default_factory=list)
    errands: list[tuple[str, str]] = field(default_factory=list)
    copies: list[dict[str, Any]] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """For people and the audit log; names nobody."""
        return {
            "subject": self.subject.mark,
            "documents": len(self.erasures),
            "cases": len(self.cases),
            "reports": [{"week": r.week, "revision": r.revision} for r in self.reports],
            "files": [json.loads(target)["folder"] for kind, target in self.errands if kind == REPORT],
            "copies": self.copies,
        }


def forget(name: str, reason: str, options: RunOptions, progress: Progress, *, dry_run: bool = False) -> RunResult:
    """Takes everything of a customer out of the workspace and keeps every count; says which copies outside still hold
    them. Killed at any moment, the same command completes it.

    UsageError where nothing is held about such a customer and nobody of that name was forgotten.
    """
    if dry_run:
        with reading(options.workspace) as context:
            return _tell(context, _plan(context, find_subject(context, name)), dry_run=True)
    with writing("forget", options, progress) as context:
        run_errands(context)  # of a forget that was killed
        found = find_subject(context, name)
        if not found.held and found.mark in context.store.tombstones():
            return _again(context, found)
        plan = _plan(context, found)
        carry_out(context, plan, "forget", {"reason": reason})
        run_errands(context)
        return _tell(context, plan)


def carry_out(context: Context, plan: _Plan, action: str, more: dict[str, object]) -> None:
    """All of ``plan`` in the database at once; what lies outside it is noted as errands."""
    store, as_of = context.store, context.as_of()
    day = as_of.isoformat() if as_of else None
    with store.atomic():
        store.erase(FORGOTTEN, plan.erasures, plan.cases, plan.subject.names)
        store.save_erased_reports(plan.reports)
        store.add_tombstones({plan.subject.mark: day})
        store.add_errands(plan.errands)
        store.audit(action, plan.told() | more, day)


def plan_for(context: Context, name: str) -> _Plan:
    """What forgetting the customer ``name`` would do."""
    return _plan(context, find_subject(context, name))


def _plan(context: Context, found: Subject) -> _Plan:
    if not found.held:
        raise UsageError(
            f"nothing is held about {found.name!r}",
            "Write the customer as the feed does (voc export documents --identified shows them), or by the pseudonym "
            "of an export.",
        )
    plan = _Plan(found)
    token, store = f"forgotten-{secrets.token_hex(8)}", context.store
    # Random, not derived: what is left must not lead back to the customer by any key.
    for h in found.held:
        plan.erasures.append(Erasure(h.number, h.key, _left(context, h.document, token)))
    new = {e.key: (e.left.key, e.left.id) for e in plan.erasures}
    spent = store.spent_keys([h.number for h in found.held])
    names = new | {spent[e.number]: (e.left.key, e.left.id) for e in plan.erasures if e.number in spent}
    for case in store.cases():
        first = next((key for key in case.keys if key in new), None)
        if first is not None:
            plan.cases[case.id] = f"c{new[first][0][:_CASE_DIGITS]}"
    changed = _scrubbed(store, Gone(names, plan.cases), plan.reports)
    plan.copies = copies_of(store, found.held, set(changed.values()))
    for folder, (scope, revision), language in _folders(context, changed):
        target = {"folder": store.folder_name(folder), "scope": scope, "revision": revision, "language": language}
        plan.errands.append((REPORT, json.dumps(target)))
    plan.errands += [(LEDGER, ""), (COMPACT, "")]
    return plan


def _left(context: Context, document: Document, token: str) -> Document:
    day = context.day(document.time)
    return Document(
        id=f"forgotten-{secrets.token_hex(8)}", text="", source=document.source, channel=document.channel,
        customer=token, time=day.isoformat() if day else None, language=document.language, product=document.product,
        region=document.region, rating=document.rating,
    )  # fmt: skip


def _scrubbed(store: Store, gone: Gone, into: list[SavedReport]) -> dict[str, tuple[str, int]]:
    """Adds the revisions that held something, without it; sha256 of each before -> (scope, revision)."""
    before = {}
    for scope, revision, _ in store.reports():
        saved = store.report(scope, revision)
        text = without(saved.value, gone) if saved else None
        if saved is not None and text is not None:
            into.append(SavedReport(scope, revision, _sha256(text.encode()), text))
            before[_sha256(saved.value.encode())] = (scope, revision)
    return before


def _folders(context: Context, changed: dict[str, tuple[str, int]]) -> list[tuple[Path, tuple[str, int], str]]:
    """The folders whose report.json is one of ``changed`` (by sha256): where reports were written, and those in the
    workspace whatever is known of them."""
    noted = {f.folder.resolve(): f.language for f in context.store.report_folders()}
    places = set(noted) | {p.resolve() for p in (context.options.workspace / "reports").glob("*") if p.is_dir()}
    found = []
    for folder in sorted(places):
        try:
            digest = _sha256((folder / "report.json").read_bytes())
        except OSError as error:
            log.debug("%s holds no report: %s", folder, error.strerror)
            continue
        if digest in changed:
            found.append((folder, changed[digest], noted.get(folder, context.config.report.language)))
    return found


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _again(context: Context, found: Subject) -> RunResult:
    """Nothing is left to do: what was told when it was done."""
    done = [e for e in context.store.audited(action="forget") if e.detail.get("subject") == found.mark]
    told: dict[str, Any] = dict(done[-1].detail) if done else {"subject": found.mark}
    context.result.summary["forget"] = told | {"documents": 0, "again": True}
    context.result.say("forgotten already; nothing more was held")
    _say_copies(told.get("copies", []), told_sidecars(context), context.result.say)
    return context.result


def _tell(context: Context, plan: _Plan, *, dry_run: bool = False) -> RunResult:
    result, told = context.result, plan.told()
    result.summary["forget"] = told | {"dry_run": dry_run}
    would = "would be " if dry_run else ""
    result.say(
        f"{len(plan.erasures):,} documents {would}forgotten, {len(plan.cases):,} cases emptied; every count stays"
    )
    for r in plan.reports:
        result.say(f"words {would}replaced by a notice in {r.week}, revision {r.revision}")
    for folder in told["files"]:
        result.say(f"files {would}written again: {folder}")
    _say_copies(plan.copies, told_sidecars(context), result.say)
    return result


def _say_copies(copies: Sequence[dict[str, Any]], unreached: Sequence[str], say: Callable[[str], None]) -> None:
    for copy in copies:
        if copy["kind"] == "backup":
            say(f"still in the backup {copy['file']}: voc restore leaves them out, by the .forgotten file beside it")
        elif copy["kind"] == "delivery":
            say(f"still in {copy['what']}, as it was sent to {copy['file']}: tell who received it")
        else:
            say(f"still in {copy['what']}: {copy['file']}; delete or correct it, and tell who received it")
    for file in unreached:
        say(f"{file} could not be reached: copy forgotten.json of this workspace beside it as {Path(file).name}")


def replay(context: Context, marks: dict[str, str | None]) -> int:
    """Forgets everybody whose mark is one of ``marks`` (with the day of it); how many had documents here."""
    store, count = context.store, 0
    store.add_tombstones(marks)
    wanted = store.tombstones()
    for name, mark in store.marks(store.customers()).items():
        if mark in wanted:
            carry_out(context, _plan(context, find_subject(context, name)), "forget", {"reason": "restore"})
            count += 1
    run_errands(context)
    return count


def forget_under_lock(options: RunOptions, marks: dict[str, str | None]) -> int:
    """`replay` in a workspace of its own."""
    with lock(options.workspace), Store.open(options.workspace, create=False) as store:
        return replay(Context(options, settings_of(options), store, NoProgress()), marks)
