"""Engines run the one pass of the trunk over documents: in this process, or on a Ray cluster; one interface."""

from voc.engines.local import LocalEngine
from voc.engines.protocol import Engine

__all__ = ["Engine", "LocalEngine"]
