"""Closing the loop: call-back cases and their owners, hollow replies, journeys and returns, response times."""

from voc.loop.cases import Leaving, Moved, moved, open_cases
from voc.loop.journeys import Return, Touch, journeys, returns
from voc.loop.replies import Answer, Hollow, Stock, answer_of, hollow
from voc.loop.routes import Route, owner_of, parse_routes
from voc.loop.waiting import Wait, waits

__all__ = [
    "Answer",
    "Hollow",
    "Leaving",
    "Moved",
    "Return",
    "Route",
    "Stock",
    "Touch",
    "Wait",
    "answer_of",
    "hollow",
    "journeys",
    "moved",
    "open_cases",
    "owner_of",
    "parse_routes",
    "returns",
    "waits",
]
