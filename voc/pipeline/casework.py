"""``voc cases`` and ``voc actions``: what people did about customers who leave, and about what drives them away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from voc.casework import CLOSED, NOTE, OPEN, OWNER, STATE, STATES, Action, Case, CaseEvent
from voc.errors import InputError, UsageError
from voc.exports import write_rows
from voc.pipeline.auditing import record_export
from voc.pipeline.case_table import read_case_rows
from voc.pipeline.context import Context, reading, writing
from voc.pipeline.loop import case_rows, journey
from voc.pipeline.options import Progress, RunOptions, RunResult
from voc.pipeline.quoting import quote
from voc.privacy import redact
from voc.report.build import shorten
from voc.results import LEAVE
from voc.text import display

COLUMNS: Final = (
    "case",
    "state",
    "owner",
    "note",
    "drivers",
    "channel",
    "value",
    "opened",
    "since",
    "age_days",
    "document",
    "words",
)
_WORDS: Final = 280  # columns of a quote
_SHOWN: Final = 10


def list_cases(workspace: Path, states: Iterable[str] = (), owner: str | None = None) -> list[dict[str, Any]]:
    """Cases with one of ``states`` (none given: all that are not closed) and, if given, this owner: the dearest first,
    then the latest; texts are redacted."""
    wanted = set(states) or set(STATES) - CLOSED
    with reading(workspace) as context:
        cases = [c for c in context.store.cases() if c.state in wanted and (owner is None or c.owner == owner)]
        rows = _rows(context, cases)
    return sorted(rows, key=lambda r: (-(r["value"] or 0.0), _latest_first(r["opened"]), r["case"]))


def _latest_first(day: str) -> str:
    return "".join(chr(255 - ord(char)) for char in day)


def _rows(context: Context, cases: list[Case]) -> list[dict[str, Any]]:
    as_of = context.as_of()
    words = _words(context, [c.keys[0] for c in cases])
    found = []
    for case, row in zip(cases, case_rows(context, cases), strict=True):
        day = context.day(row.opened or None)
        found.append(
            {
                "case": row.id,
                "state": row.state,
                "owner": row.owner,
                "note": next((redact(e.value) for e in reversed(case.events) if e.kind == NOTE), ""),
                "drivers": ", ".join(row.drivers),
                "channel": row.channel,
                "value": row.value,
                "opened": row.opened,
                "since": row.since,
                "age_days": (as_of - day).days if as_of and day else None,
                "document": row.document,
                "words": words.get(case.keys[0], ""),
            }
        )
    return found


def _words(context: Context, keys: Iterable[str]) -> dict[str, str]:
    """How each document states leaving; the start of its text, where nothing shows it any more."""
    documents = {d.key: d for d in context.store.documents(keys)}
    spans = {key: (0, len(document.text)) for key, document in documents.items()}
    for prediction in context.store.predictions(context.model, spans):
        for evidence in prediction.evidence:
            if evidence.label == LEAVE:
                spans[prediction.key] = (evidence.start, evidence.end)
                break
    return {key: _shown(quote(context, documents[key], *span).text) for key, span in spans.items()}


def _shown(text: str) -> str:
    return shorten(display(text), _WORDS)


def show_case(workspace: Path, name: str) -> dict[str, Any]:
    """One case with what was done about it and the customer's journey, redacted. UsageError where there is none."""
    with reading(workspace) as context:
        case = _the_case(context.store.cases(), name)
        found = _rows(context, [case])[0]
        found["history"] = [
            {"day": e.day, "what": e.kind, "value": redact(e.value), "by": redact(e.who)} for e in case.events
        ]
        steps = journey(context, case)
        words = _words(context, [c.key for c in steps])
        found["journey"] = [
            {
                "day": day.isoformat() if (day := context.day(c.time)) else None,
                "channel": c.channel,
                "labels": sorted(c.labels),
                "words": words[c.key],
            }
            for c in steps
        ]
        return found


def _the_case(cases: Iterable[Case], name: str) -> Case:
    found = [c for c in cases if c.id.startswith(name)] if name else []
    exact = [c for c in found if c.id == name] or found
    if len(exact) == 1:
        return exact[0]
    if exact:
        named = ", ".join(c.id for c in exact[:_SHOWN])
        raise UsageError(f"{len(exact)} cases begin with {name!r}", f"Name one: {named}.")
    raise UsageError(f"there is no case {name!r}", "voc cases list --state open names them; voc run opens new ones.")


def change_case(name: str, changes: Mapping[str, str], who: str, options: RunOptions, progress: Progress) -> RunResult:
    """Logs ``changes`` (state, owner, note) of one case; what is so already is not logged again."""
    with writing("cases", options, progress) as context:
        case = _the_case(context.store.cases(), name)
        made = _events(case, changes, _today(context), who)
        context.store.log_cases(made)
        after = _the_case(context.store.cases(), case.id)
        context.result.summary["case"] = {"case": case.id, "state": after.state, "owner": after.owner}
        context.result.say(f"{case.id}: {_spoken(after.state)}, owner {after.owner or 'nobody'}")
    return context.result


def _spoken(state: str) -> str:
    return state.replace("_", " ")


def _events(case: Case, changes: Mapping[str, str], day: str, who: str) -> list[CaseEvent]:
    notes = {e.value for e in case.events if e.kind == NOTE}
    now = {STATE: case.state, OWNER: case.owner}
    found = []
    for kind in (OWNER, STATE, NOTE):
        value = changes.get(kind)
        if value is None or value == now.get(kind) or (kind == NOTE and (not value or value in notes)):
            continue
        found.append(CaseEvent(case.id, day, kind, value, who))
    return found


def _today(context: Context) -> str:
    as_of = context.as_of()
    if as_of is None:
        raise UsageError("nothing in this workspace has a date", "Say with --as-of which day counts as now.")
    return as_of.isoformat()


def export_cases(workspace: Path, out: Path) -> int:
    """Writes all cases to ``out`` (.csv, .xlsx, .jsonl or .parquet), redacted; their number."""
    record_export(workspace, "cases", out)
    return write_rows(out, list_cases(workspace, STATES), COLUMNS)


def import_cases(file: Path, who: str, options: RunOptions, progress: Progress) -> RunResult:
    """Takes state, owner and note of each case from a file that `export_cases` wrote: all of it or nothing. InputError
    lists what is wrong with row and value."""
    with writing("cases import", options, progress) as context:
        known = {c.id: c for c in context.store.cases()}
        day, made, wrong = _today(context), list[CaseEvent](), list[str]()
        seen: dict[str, int] = {}
        for row in read_case_rows(file):
            problem = None
            if row.case not in known:
                problem = f"there is no case {row.case!r}"
            elif row.case in seen:
                problem = f"case {row.case} stands in row {seen[row.case]} already"
            elif row.changes.get(STATE, OPEN) not in STATES:
                problem = f"state is {row.changes[STATE]!r}: write {', '.join(map(_spoken, STATES))}"
            if problem:
                wrong.append(f"row {row.number}: {problem}")
                continue
            seen[row.case] = row.number
            made += _events(known[row.case], row.changes, day, who)
        if wrong:
            more = f"\nand {len(wrong) - _SHOWN:,} more" if len(wrong) > _SHOWN else ""
            raise InputError(
                f"{file} has {len(wrong):,} mistakes, nothing of it was taken:\n" + "\n".join(wrong[:_SHOWN]) + more,
                "Mend them in the file and give it again.",
            )
        context.store.log_cases(made)
        changed = len({e.case for e in made})
        context.result.summary["cases"] = {"rows": len(seen), "changed": changed}
        context.result.say(f"{changed:,} of {len(seen):,} cases changed")
    return context.result


def add_action(
    driver: str, owner: str, due: str | None, text: str, options: RunOptions, progress: Progress
) -> RunResult:
    """Notes an action against ``driver``; UsageError where there is no such driver or the text is blank."""
    with writing("actions", options, progress) as context:
        drivers = [d.key for d in context.taxonomy.drivers]
        if driver not in drivers:
            raise UsageError(f"there is no driver {driver!r}", f"There are: {', '.join(drivers)}.")
        if not text.strip():
            raise UsageError("the action says nothing", "Say what will be done, in quotes.")
        number = context.store.add_action(driver, owner, due, text.strip(), _today(context))
        context.result.summary["action"] = {"number": number, "driver": driver, "owner": owner, "due": due}
        context.result.say(f"action {number}: {display(text)}")
    return context.result


def list_actions(workspace: Path) -> list[dict[str, Any]]:
    """All actions, those that are not done first, then by due day."""
    with reading(workspace) as context:
        found = [asdict(a) | {"text": redact(a.text), "owner": redact(a.owner)} for a in context.store.actions()]
    return sorted(found, key=lambda a: (a["done"] is not None, a["due"] or "9999", a["number"]))


def finish_action(number: int, options: RunOptions, progress: Progress) -> RunResult:
    """Notes that an action was done; UsageError where there is none."""
    with writing("actions", options, progress) as context:
        action = _the_action(context.store.actions(), number)
        context.store.finish_action(number, _today(context))
        done = _the_action(context.store.actions(), number).done
        context.result.summary["action"] = {"number": number, "driver": action.driver, "done": done}
        context.result.say(f"action {number}: done on {done}")
    return context.result


def _the_action(actions: Iterable[Action], number: int) -> Action:
    for action in actions:
        if action.number == number:
            return action
    raise UsageError(f"there is no action {number}", "voc actions list names them.")
