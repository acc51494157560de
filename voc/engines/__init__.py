"""Engines run the one pass of the trunk over documents: locally here, on a cluster later, behind one interface."""

from voc.engines.local import LocalEngine
from voc.engines.protocol import Engine

__all__ = ["Engine", "LocalEngine"]
