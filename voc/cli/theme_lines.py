"""Themes as lines for people, in the language of the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from voc.cli.language import Speech
from voc.cli.views import shorten

_NAMES: Final = {"en": ("en",), "zh-Hans": ("zh-Hans", "zh-Hant"), "zh-Hant": ("zh-Hant", "zh-Hans")}


def theme(row: Mapping[str, Any], told: Speech) -> Iterator[str]:
    """A theme in a few lines: what it is called and filed under, how large it is and when it was heard, where it comes
    from, its most central quote, praise of the same matter, and the theme most like it."""
    yield f"{row['id']}  {_name(row['labels'], told) or '-'}"
    yield f"  {told('; ').join((_filed(row, told), _state(row, told)))}"
    yield f"  {told('; ').join(_size(row, told))}"
    if lineage := list(_lineage(row, told)):
        yield f"  {told('; ').join(lineage)}"
    if row["quote"]:
        yield f"  {told('quote')}{told(': ')}{shorten(row['quote']['text'])}"
    if row["counter_example"]:
        yield f"  {told('praise of the same')}{told(': ')}{shorten(row['counter_example']['text'])}"
    if near := row["nearest"]:
        likeness = f"{near['similarity']:.2f}"
        yield f"  {told('most like')}{told(': ')}{near['theme']}  {_name(near['labels'], told)}  {likeness}"


def theme_details(row: Mapping[str, Any], told: Speech) -> Iterator[str]:
    """What ``voc themes show`` adds: the other labels, the weeks, the events and the latest members."""
    mine = _name(row["labels"], told)
    for language, label in sorted(row["labels"].items()):
        if label != mine:
            yield f"  {language}{told(': ')}{label}"
    if row["report"] and row["report"]["weeks"]:
        weeks = "  ".join(f"{week} {count:,}" for week, count in row["report"]["weeks"].items())
        yield f"  {told('documents by week')}{told(': ')}{weeks}"
    for event in row["events"]:
        yield f"  {_event(event, told)}"
    for member in row["latest"]:
        yield f"  {told('latest')}{told(': ')}{shorten(member['text'])}"


def _name(names: Mapping[str, str], told: Speech) -> str:
    """The name in the language, else in the other script, else in English."""
    return next((names[language] for language in (*_NAMES[told.language], "en") if names.get(language)), "")


def _filed(row: Mapping[str, Any], told: Speech) -> str:
    driver = _name(row["driver_names"], told) or row["driver"]
    nested = _name(row["sub_driver_names"], told) or row["sub_driver"]
    filed = f"{driver} > {nested}" if nested else driver
    return told(f"{filed} (praise)") if row["side"] == "praise" else filed


def _state(row: Mapping[str, Any], told: Speech) -> str:
    states = [told(row["state"])]
    if row["state"] == "active" and row["report"]:
        states.append(told(row["report"]["state"]))
    if row["pinned"]:
        states.append(told("pinned"))
    return told(", ").join(states)


def _size(row: Mapping[str, Any], told: Speech) -> Iterator[str]:
    yield told(f"{row['documents']:,} documents, {row['segments']:,} segments")
    weeks = row["report"]["weeks"] if row["report"] else {}
    heard = [week for week, count in weeks.items() if count]
    if heard:
        yield told(f"heard in {len(heard)} of the {len(weeks)} weeks to {next(reversed(weeks))}, last in {heard[-1]}")


def _lineage(row: Mapping[str, Any], told: Speech) -> Iterator[str]:
    if row["born"]:
        yield told(f"since {row['born']}")
    if row["parent"]:
        yield told(f"split from {row['parent']}")
    if row["parts"]:
        yield told(f"split off it: {', '.join(row['parts'])}")
    if row["into"]:
        yield told(f"merged into {row['into']}")
    if row["merged"]:
        yield told(f"merged into it: {', '.join(row['merged'])}")


def _event(event: Mapping[str, Any], told: Speech) -> str:
    parts = [told(f"event {event['number']}"), event["day"], told(event["kind"]), event["theme"], event["other"] or ""]
    if event["sub_driver"] is not None:
        parts.append(f"> {event['sub_driver'] or '-'}")
    if event["undone"]:
        parts.append(told("undone"))
    return "  ".join(part for part in parts if part)
