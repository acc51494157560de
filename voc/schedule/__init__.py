"""Prints the job of a scheduler that runs and delivers each week; every path and name is quoted for where it stands."""

from voc.schedule.job import KINDS, Job, ScheduleFile, days, schedule_files

__all__ = ["KINDS", "Job", "ScheduleFile", "days", "schedule_files"]
