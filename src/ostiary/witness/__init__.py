"""Witnesses over a network: asking them, and being one (C2SP tlog-witness)."""

from ostiary.witness.client import ask_witness
from ostiary.witness.server import make_app

__all__ = ["ask_witness", "make_app"]
