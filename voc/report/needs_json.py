"""The needs axis in report.json, written in the order of its fields and read back without loss."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from voc.needs import Effect, Need, NeedsAxis, Outcome


def needs_json(axis: NeedsAxis) -> dict[str, object]:
    """``axis`` with lists for tuples."""
    return {
        **dataclasses.asdict(axis),
        "outcomes": [dataclasses.asdict(o) for o in axis.outcomes],
        "needs": [
            {
                "kind": n.kind,
                "key": n.key,
                "placing": n.placing,
                "penalty": [dataclasses.asdict(e) for e in n.penalty],
                "reward": [dataclasses.asdict(e) for e in n.reward],
            }
            for n in axis.needs
        ],
    }


def parse_needs(data: Mapping[str, Any]) -> NeedsAxis:
    """The inverse of `needs_json`; KeyError or TypeError where the data is none."""

    def effects(rows: list[Mapping[str, Any]]) -> tuple[Effect, ...]:
        return tuple(Effect(**row) for row in rows)

    def need(row: Mapping[str, Any]) -> Need:
        return Need(**{**row, "penalty": effects(row["penalty"]), "reward": effects(row["reward"])})

    needs = tuple(map(need, data["needs"]))
    return NeedsAxis(**{**data, "outcomes": tuple(Outcome(**o) for o in data["outcomes"]), "needs": needs})
