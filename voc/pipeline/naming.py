"""``voc themes label --label-with``: a language model proposes labels; each that is taken is a dated rename."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from voc.errors import UsageError
from voc.pipeline.auditing import as_of_day
from voc.pipeline.context import Context, writing
from voc.pipeline.options import Progress, RunOptions, RunResult
from voc.store import LineageChange

if TYPE_CHECKING:
    from voc.themes.lineage import Registry
    from voc.themes.namer import Ask

KEY: Final = "VOC_LABEL_KEY"  # variable of the environment that holds the bearer token of the endpoint, if it needs one
OPTION: Final = "--label-with"
SENT: Final = "send"  # action in the audit log


def label_themes(options: RunOptions, progress: Progress, label_with: str, model: str) -> RunResult:
    """Asks ``label_with`` (https URL of chat completions, or a folder) for labels of the themes of the latest report
    that no person has named. ``model`` is the name that the endpoint knows it by. An answer that is no label leaves
    the theme as it is."""
    from voc.themes.lineage import Registry
    from voc.themes.namer import names_in, question

    with writing("themes", options, progress) as context:
        ask = _endpoint(context, label_with, model) if "://" in label_with else _folder(label_with)
        store, company = context.store, context.config.general.company
        registry = Registry(store.known_themes(), {}, store.theme_events())
        as_of = context.as_of()
        named = refused = 0
        asked = list(_sentences(context, registry))
        if asked and "://" in label_with:
            _note_sending(context, label_with, model, [sentences for _, sentences in asked])
        for identity, sentences in asked:
            names = names_in(ask(question(sentences)), company)
            if names:
                registry.rename(as_of.isoformat() if as_of else "", identity, names)
                named += 1
            else:
                refused += 1
        store.save_lineage(LineageChange(themes=list(registry.themes.values()), events=registry.happened))
        context.result.summary["label"] = {"named": named, "refused": refused}
        context.result.say(
            f"{named:,} themes have a label of the model, {refused:,} keep their own: the answer was no label; "
            "voc themes undo takes a label back"
        )
    return context.result


def _note_sending(context: Context, label_with: str, model: str, asked: Sequence[Sequence[str]]) -> None:
    """Notes in the audit log what leaves this machine, before it does. Of the URL only the host: a path may hold a
    secret. DeliveryError, and no note, where that host is not allowed."""
    from voc.deliver.asking import asked_host
    from voc.themes.namer import SENTENCES

    deliver = context.config.deliver
    target = asked_host(label_with, deliver.allowed_hosts, option=OPTION, private=deliver.private_addresses)
    sentences = sum(len(texts[:SENTENCES]) for texts in asked)
    sent = {"what": "redacted sentences of themes", "to": target.host, "model": model}
    context.store.audit(SENT, sent | {"themes": len(asked), "sentences": sentences}, as_of_day(context))


def _sentences(context: Context, registry: Registry) -> Iterator[tuple[str, list[str]]]:
    """Each theme of the latest report that has no name of its own, and its most central sentences."""
    scopes = context.store.theme_scopes()
    found = context.store.themes(max(scopes)) if scopes else None
    if found is None:
        raise UsageError("there is no theme yet", "Run voc run first.")
    for theme in found.themes:
        known = registry.themes.get(theme.id)
        if known is not None and known.state == "active" and not known.names:
            wanted = dict.fromkeys(theme.quotes, (theme.driver, theme.side))
            units = context.store.segment_units(context.model, wanted)
            if units:
                yield theme.id, [u.text for u in units]


def _endpoint(context: Context, url: str, model: str) -> Ask:
    from voc.deliver.asking import ask
    from voc.themes.namer import said_in

    deliver, secret = context.config.deliver, os.environ.get(KEY, "").strip()

    def asked(messages: list[dict[str, str]]) -> str:
        told = {"model": model, "messages": messages, "temperature": 0, "max_tokens": 80}
        return said_in(
            ask(
                url,
                told,
                secret,
                deliver.allowed_hosts,
                option=OPTION,
                private=deliver.private_addresses,
                timeout=deliver.timeout,
            )
        )

    return asked


def _folder(name: str) -> Ask:
    from voc.themes.namer import from_folder

    folder = Path(name)
    if not folder.is_dir():
        raise UsageError(f"{OPTION} {name!r} is neither an https URL nor a folder", "Name one of the two.")
    return from_folder(folder)
