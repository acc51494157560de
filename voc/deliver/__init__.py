"""Sends a report where people read: by mail and by the webhooks of chat programs.

What is sent is a `Letter`; each form (mail, chat, JSON) is made of it and of nothing else. `send` either returns, which
says that the receiver has it, or raises a `NotSent`, which says whether it may have arrived all the same.
"""

from voc.deliver.letter import Change, Letter, Row, Saying
from voc.deliver.mail import Attachment
from voc.deliver.outcome import NotSent, Refused, TryLater, Uncertain
from voc.deliver.secrets import secrets_of
from voc.deliver.send import Parcel, pack, readable, send
from voc.deliver.words import words

__all__ = [
    "Attachment",
    "Change",
    "Letter",
    "NotSent",
    "Parcel",
    "Refused",
    "Row",
    "Saying",
    "TryLater",
    "Uncertain",
    "pack",
    "readable",
    "secrets_of",
    "send",
    "words",
]
