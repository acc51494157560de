"""``voc deliver``: sends the report of a week to each channel once.

An intent is recorded before a byte leaves, the outcome after. Where a process dies between the two, nobody knows
whether the report arrived: that is named, and only ``--again`` sends it once more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from voc.channels import HTML, PDF, XLSX, Channel, SmtpChannel
from voc.config import Config
from voc.deliver import (
    Attachment,
    Letter,
    NotSent,
    Parcel,
    Uncertain,
    pack,
    readable,
    secrets_of,
    send,
    words,
)
from voc.errors import DeliveryError, UsageError
from voc.pipeline.context import ALL, Context, log, reading, settings_of, writing
from voc.pipeline.letters import alert_letter, report_letter
from voc.pipeline.options import Progress, RunOptions, RunResult
from voc.report import Report, parse_report, pdf, render_html, render_xlsx
from voc.store import FAILED, SENT, UNKNOWN, Delivery, Store, private_folder, write_atomic

REVISED: Final = "revised"
_WEEK: Final = re.compile(r"\d{4}-W\d{2}")
_AGAIN: Final = '--again --reason "..." sends it once more.'


@dataclass(frozen=True, slots=True)
class DeliverOptions:
    """``to``: names of channels, none for all; ``dry_run``: send nothing, ``out``: a folder for what would be sent;
    ``again`` with a ``reason``: send also what was sent, or may have been; ``alert``: a text instead of a report."""

    to: tuple[str, ...] = ()
    dry_run: bool = False
    out: Path | None = None
    again: bool = False
    reason: str = ""
    alert: str = ""


def deliver_report(options: RunOptions, wanted: DeliverOptions, progress: Progress) -> RunResult:
    """Sends the report of ``options.week`` (else of the last complete week that was reported) where it was not sent.

    DeliveryError, with the RunResult, after all channels were tried, where one did not get it or may have got it.
    """
    _channels(settings_of(options), wanted.to)  # before a workspace is made where there is none
    with writing("deliver", options, progress) as context, context.clock.stage("deliver") as row:
        channels = _channels(context.config, wanted.to)
        report = _report(context.store, options.week)
        progress.start("delivering", len(channels))
        done = []
        for channel in channels:
            done.append(_deliver(context, channel, report, wanted))
            progress.advance(1)
        progress.finish()
        row["documents"] = 0
        context.result.summary["deliver"] = {"week": report.week, "revision": report.revision, "channels": done}
        for one in done:
            context.result.say(_told(report.week, one))
        _check(context.result, done)
    return context.result


def rehearse(options: RunOptions, wanted: DeliverOptions) -> RunResult:
    """What ``deliver_report`` would send: into the folder ``wanted.out``, else as lines. Nothing is sent or noted, no
    secret is needed."""
    result = RunResult()
    with reading(options.workspace) as context:
        channels = _channels(context.config, wanted.to)
        report = _report(context.store, options.week)
        rows: list[dict[str, Any]] = []
        for channel in channels:
            known = context.store.deliveries(report.week, channel.name)
            state = _state(known, report.revision)
            parcel = _parcel(context, channel, report, wanted, known)
            rows.append(
                {"target": channel.name, "kind": channel.kind, "revision": report.revision, "bytes": len(parcel.data)}
                | ({"would": "send"} if wanted.again or not state else {"would": "not send", "because": state})
                | _rehearsed(result, parcel, wanted.out)
            )
        result.summary["dry_run"] = {"week": report.week, "revision": report.revision, "channels": rows}
    return result


def alert(options: RunOptions, wanted: DeliverOptions) -> RunResult:
    """Sends the text ``wanted.alert``. It needs nothing but voc.toml, so that it works where the workspace does not."""
    config = settings_of(options)
    result, done = RunResult(), []
    for channel in _channels(config, wanted.to):
        letter = alert_letter(wanted.alert, config.general.company, channel.language or config.report.language)
        parcel = pack(channel, letter)
        if wanted.dry_run:
            done.append(_row(channel, 0, "dry_run", 0, "") | _rehearsed(result, parcel, wanted.out))
            continue
        state, attempts, detail = _send(config, parcel)
        done.append(_row(channel, 0, state, attempts, detail))
        result.say(f"{channel.name}: {state} {detail}".strip())
    result.summary["alert"] = {"text": wanted.alert, "channels": done}
    _check(result, done)
    return result


def last_deliveries(store: Store, count: int) -> list[dict[str, object]]:
    """The last deliveries, the latest first, for ``voc status``."""
    return [
        {"week": d.week, "revision": d.revision, "target": d.target, "state": UNKNOWN if d.is_uncertain else d.state}
        | ({"detail": d.detail} if d.state != SENT else {})
        | ({"reason": d.reason} if d.reason else {})
        for d in store.last_deliveries(count)
    ]


def _channels(config: Config, names: Iterable[str]) -> list[Channel]:
    known = config.channels
    if not known:
        raise UsageError(
            "no channel is set up to deliver to",
            "Add one to voc.toml; a new voc.toml (voc init) shows how: [deliver.board] with kind, host, from, to.",
        )
    wanted = list(dict.fromkeys(names)) or list(known)
    for name in wanted:
        if name not in known:
            raise UsageError(f"there is no channel {name!r} in voc.toml", f"Known: {', '.join(known)}.")
    return [known[name] for name in wanted]


def _report(store: Store, week: str | None) -> Report:
    """The latest revision of ``week``, else of the last complete week (of ``all``, where nothing is dated)."""
    latest = {name: revision for name, revision, _ in store.reports()}
    dated = sorted((name for name in latest if _WEEK.fullmatch(name)), reverse=True)
    for name in [week] if week else [*dated, ALL]:
        saved = store.report(name, latest[name]) if name in latest else None
        report = parse_report(saved.value) if saved else None
        row = report.current if report else None
        if report and (week or row is None or not row.partial):
            return report
    if week:
        hint = f"There are reports of {', '.join(dated[:8])}." if dated else "No report was written yet."
        raise UsageError(f"there is no report of {week}", f"{hint} voc report --week {week} writes it.")
    raise UsageError("there is no report of a complete week to deliver", "voc run writes one; --week names another.")


def _state(known: Iterable[Delivery], revision: int) -> str:
    """Why a revision is not sent: sent, unknown or revised; "" where it is."""
    found = list(known)
    this = [d for d in found if d.revision == revision]
    if any(d.state == SENT for d in this):
        return SENT
    if any(d.is_uncertain for d in this):
        return UNKNOWN
    return REVISED if any(d.state == SENT or d.is_uncertain for d in found) else ""


def _deliver(context: Context, channel: Channel, report: Report, wanted: DeliverOptions) -> dict[str, Any]:
    """Sends the report to one channel; what became of it."""
    known = context.store.deliveries(report.week, channel.name)
    state = _state(known, report.revision)
    if state and not wanted.again:
        earlier = max((d.revision for d in known if d.state == SENT or d.is_uncertain), default=report.revision)
        details = {
            SENT: "was sent before",
            UNKNOWN: "may have arrived: an earlier delivery did not end. Look there",
            REVISED: f"revision {earlier} was sent before; this is revision {report.revision}",
        }
        return _row(channel, report.revision, "skipped" if state == SENT else state, 0, details[state])
    parcel = _parcel(context, channel, report, wanted, known)
    store = context.store
    try:
        secrets_of(channel.variables, f"deliver.{channel.name}")
    except UsageError as error:  # nothing was tried, so that there is nothing to note
        return _row(channel, report.revision, FAILED, 0, error.message)
    what = (report.week, report.revision, channel.name, channel.kind)
    with store.atomic():  # the audit log has the time at which words of customers left
        number = store.start_delivery(*what, wanted.reason, parcel.digest)
        store.audit("deliver", dict(zip(("week", "revision", "to", "kind"), what, strict=True)), context.options.as_of)
    state, attempts, detail = _send(context.config, parcel)
    store.finish_delivery(number, state, attempts, detail)
    return _row(channel, report.revision, state, attempts, detail)


def _send(config: Config, parcel: Parcel) -> tuple[str, int, str]:
    """(state, attempts, what was said) of sending a parcel."""
    name = parcel.channel.name
    try:
        said, attempts = send(parcel, secrets_of(parcel.channel.variables, f"deliver.{name}"), config.deliver)
    except UsageError as error:
        return FAILED, 0, error.message
    except NotSent as error:
        return (UNKNOWN if isinstance(error, Uncertain) else FAILED), error.attempts, error.detail
    return SENT, attempts, said


def _parcel(
    context: Context, channel: Channel, report: Report, wanted: DeliverOptions, known: Iterable[Delivery]
) -> Parcel:
    language = channel.language or context.config.report.language
    letter = report_letter(report, language, wanted.reason)
    attachments = _attachments(report, channel, language) if isinstance(channel, SmtpChannel) else []
    again = sum(d.revision == report.revision and (d.state == SENT or d.is_uncertain) for d in known)
    return pack(channel, _closed(letter, attachments), attachments, again)


def _closed(letter: Letter, attachments: list[Attachment]) -> Letter:
    said = words(letter.language)
    names = ", ".join(a.name for a in attachments)
    where = (
        said["attached"].format(files=names)
        if attachments
        else said["whole"].format(week=letter.week, revision=letter.revision)
    )
    return replace(letter, notes=(where, said["machine"]))


def _attachments(report: Report, channel: SmtpChannel, language: str) -> list[Attachment]:
    """The files that the channel wants, made of the saved report; the PDF where this machine can make one."""
    made = []
    if HTML in channel.attach:
        made.append((HTML, render_html(report, language).encode("utf-8")))
    if XLSX in channel.attach:
        made.append((XLSX, render_xlsx(report, language)))
    if PDF in channel.attach:
        if (why := pdf.unavailable()) is None:
            made.append((PDF, pdf.render_pdf(report, language)))
        else:
            log.warning("%s gets no PDF: %s; %s", channel.name, why, pdf.PANGO)
    return [Attachment(kind, f"report-{report.week}.{kind}", data) for kind, data in made]


def _rehearsed(result: RunResult, parcel: Parcel, out: Path | None) -> dict[str, object]:
    """Writes what would be sent into ``out``; tells it in lines where there is none."""
    if out is not None:
        private_folder(out)
        write_atomic(out / parcel.file_name, parcel.data)
        result.say(str(out / parcel.file_name))
        return {"file": str(out / parcel.file_name)}
    result.say(f"== {parcel.channel.name} ({parcel.channel.kind})")
    text = readable(parcel)
    for line in text.splitlines():
        result.say(line)
    return {"content": text}


def _row(channel: Channel, revision: int, state: str, attempts: int, detail: str) -> dict[str, Any]:
    return {
        "target": channel.name, "kind": channel.kind, "revision": revision, "state": state, "attempts": attempts,
        "detail": detail,
    }  # fmt: skip


def _told(week: str, row: dict[str, Any]) -> str:
    detail = f": {row['detail']}" if row["detail"] and row["state"] != SENT else ""
    state = "not sent" if row["state"] in (REVISED, FAILED) else row["state"]
    return f"{week} to {row['target']}: {state}{detail}"


def _check(result: RunResult, done: list[dict[str, Any]]) -> None:
    failed = [row for row in done if row["state"] in (FAILED, UNKNOWN)]
    if not failed:
        return
    names = "; ".join(f"{row['target']}: {row['state']}: {row['detail']}" for row in failed)
    maybe = any(row["state"] == UNKNOWN for row in failed)
    hint = f"See whether it arrived; if it did not, {_AGAIN}" if maybe else "voc deliver tries again what was not sent."
    raise DeliveryError(f"{len(failed)} of {len(done)} channels did not get it for sure: {names}", hint, result=result)
