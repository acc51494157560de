"""Trends: how often each label was carried, week by week, and how sure that is."""

from voc.trends.intervals import wilson
from voc.trends.weekly import last_complete_week, weekly, whole

__all__ = ["last_complete_week", "weekly", "whole", "wilson"]
