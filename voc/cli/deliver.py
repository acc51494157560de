"""``voc deliver``: the report goes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from voc.cli.common import IsoWeek, VocCommand, deliver, workspace_option, writing_options
from voc.cli.terminal import Terminal


@click.command(
    "deliver",
    cls=VocCommand,
    example=(
        "voc deliver\n"
        "voc deliver --dry-run -o outbox\n"
        "voc deliver --to board --week 2026-W46 --again --reason 'the first one had the wrong calls'"
    ),
)
@click.option("--to", metavar="NAME", multiple=True, help="Only to this channel of voc.toml. Repeatable.")
@click.option(
    "--week",
    type=IsoWeek(),
    metavar="WEEK",
    help="The week, such as 2026-W46.  [default: the last complete week with a report]",
)
@click.option("--dry-run", is_flag=True, help="Show what would be sent; send nothing, need no secret.")
@click.option(
    "-o",
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="With --dry-run: write the mails (.eml) and messages (.json) into FOLDER.",
)
@click.option("--again", is_flag=True, help="Send also what was sent before, may have arrived, or was revised since.")
@click.option("--reason", default="", metavar="TEXT", help="Why it is sent again; readers and the record see it.")
@click.option(
    "--alert", default="", metavar="TEXT", help="Send this text instead of a report: a job failed, a feed stopped."
)
@workspace_option
@writing_options
@click.pass_obj
def deliver_command(terminal: Terminal, /, **params: Any) -> None:
    """Sends the latest report to the channels of voc.toml: mail (smtp), slack, teams, feishu, dingtalk, wecom, webhook.

    No week goes to a channel twice. A report that was revised after it was sent, and one that may have arrived although
    no answer came, are named and sent only with --again. Ends with exit code 1 if a channel did not get the report for
    sure; the others have it.

    Secrets come from the environment; voc.toml names the variables. A new voc.toml explains the settings.
    """
    _check(params)
    from voc.pipeline import RunOptions
    from voc.pipeline.delivering import DeliverOptions, alert, deliver_report, rehearse

    names = ("to", "dry_run", "out", "again", "reason", "alert")
    wanted = DeliverOptions(**{name: params.pop(name) for name in names})
    options = RunOptions(**params)
    if wanted.alert:
        deliver(terminal, lambda: alert(options, wanted))
    elif wanted.dry_run:
        deliver(terminal, lambda: rehearse(options, wanted))
    else:
        deliver(terminal, lambda: deliver_report(options, wanted, terminal.progress()))


def _check(params: dict[str, Any]) -> None:
    if params["again"] != bool(params["reason"].strip()):
        raise click.UsageError("--again and --reason go together: readers are told why they get it again.")
    if params["out"] and not params["dry_run"]:
        raise click.UsageError("--out is for --dry-run.")
    if params["alert"] and (params["again"] or params["week"]):
        raise click.UsageError("--alert sends a text, no report: it goes without --week and --again.")
