"""Trends: how often each label was carried, week by week, how sure that is, and what changed."""

from voc.trends.compare import compare, theme_tests
from voc.trends.correct import usable_errors
from voc.trends.filling import filling
from voc.trends.intervals import wilson
from voc.trends.memory import alarms, oldest_remembered, withdrawn
from voc.trends.weekly import last_complete_week, weekly, whole
from voc.trends.where import count_all, located, tally_of

__all__ = [
    "alarms",
    "compare",
    "count_all",
    "filling",
    "last_complete_week",
    "located",
    "oldest_remembered",
    "tally_of",
    "theme_tests",
    "usable_errors",
    "weekly",
    "whole",
    "wilson",
    "withdrawn",
]
