"""The loop section of report.json, written in the order of its fields and read back without loss."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from voc.report.loop_value import ActionRow, CaseRow, Loop, ReplyRow, Returns, ReturnStory, StockText, WaitRow
from voc.report.value import Quote


def loop_json(loop: Loop) -> dict[str, object]:
    """``loop`` with lists for tuples."""
    return {key: _plain(value) for key, value in dataclasses.asdict(loop).items()}


def parse_loop(data: Mapping[str, Any]) -> Loop:
    """The inverse of `loop_json`; KeyError or TypeError where the data is none."""

    def case(row: Mapping[str, Any]) -> CaseRow:
        return CaseRow(**{**row, "drivers": tuple(row["drivers"])})

    def story(row: Mapping[str, Any]) -> ReturnStory:
        return ReturnStory(tuple(row["drivers"]), row["days"], Quote(**row["before"]), Quote(**row["after"]))

    return Loop(
        start=data["start"],
        end=data["end"],
        replies=tuple(ReplyRow(**row) for row in data["replies"]),
        stocks=tuple(StockText(**{**row, "channels": tuple(row["channels"])}) for row in data["stocks"]),
        returns=None if data["returns"] is None else Returns(**data["returns"]),
        stories=tuple(map(story, data["stories"])),
        waits=tuple(WaitRow(**row) for row in data["waits"]),
        cases=tuple(map(case, data["cases"])),
        states=data["states"],
        callbacks={key: case(row) for key, row in data["callbacks"].items()},
        actions=tuple(ActionRow(**row) for row in data["actions"]),
    )


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value
