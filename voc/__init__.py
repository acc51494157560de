"""voc reads customer feedback, finds the reasons why customers leave, and reports once a week what changed."""

__version__ = "0.1.0"
