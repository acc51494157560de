"""``voc status``, ``voc rejects``, ``voc search`` and ``voc explain``: look, change nothing."""

from __future__ import annotations

from pathlib import Path

import click

from voc.cli.common import IsoWeek, VocCommand, workspace_option
from voc.cli.terminal import Terminal


@click.command("status", cls=VocCommand, example="voc status")
@workspace_option
@click.pass_obj
def status_command(terminal: Terminal, workspace: Path) -> None:
    """Shows what the workspace holds: files, documents, rejects, what is not yet classified, reports."""
    from voc.cli.views import outline
    from voc.pipeline import status

    found = status(workspace)
    terminal.answer(found)
    for line in outline(found, terminal.told):
        terminal.say(line)


@click.command("rejects", cls=VocCommand, example="voc rejects")
@workspace_option
@click.pass_obj
def rejects_command(terminal: Terminal, workspace: Path) -> None:
    """Lists the rows that did not become documents: file, row, reason and the value."""
    from voc.cli.views import reject
    from voc.pipeline import rejects

    if terminal.json:
        terminal.answer_rows("rejects", rejects(workspace))
        return
    found = False
    for row in rejects(workspace):
        found = True
        terminal.say(reject(row, terminal.told))
    if not found:
        terminal.note("No row was rejected.")


@click.command("search", cls=VocCommand, example='voc search "no reply" --driver neglect --week 2026-W46')
@click.argument("query")
@click.option("--driver", metavar="KEY", help="Only documents with this driver, such as neglect.")
@click.option("--week", type=IsoWeek(), metavar="WEEK", help="Only documents of this week, such as 2026-W46.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Documents shown at most.")
@workspace_option
@click.pass_obj
def search_command(
    terminal: Terminal, query: str, driver: str | None, week: str | None, limit: int, workspace: Path
) -> None:
    """Finds the documents that hold the words of QUERY (English or Chinese)."""
    from voc.cli.views import hit
    from voc.pipeline import search

    found = search(workspace, query, driver, week, limit)
    terminal.answer({"query": query, "documents": found})
    for row in found:
        terminal.say(hit(row, terminal.told))
    if not found:
        terminal.note("Nothing found.")


@click.command("explain", cls=VocCommand, example="voc explain r-0017")
@click.argument("document_id", metavar="ID")
@workspace_option
@click.pass_obj
def explain_command(terminal: Terminal, document_id: str, workspace: Path) -> None:
    """Shows why a document got its labels: turns, segments, scores, thresholds, evidence and theme."""
    from voc.cli.views import explanation
    from voc.pipeline import explain

    found = explain(workspace, document_id)
    terminal.answer(found)
    for document in found["documents"]:
        for line in explanation(document, terminal.told):
            terminal.say(line)
