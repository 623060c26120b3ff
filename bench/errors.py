"""What stops a measurement; the message is written for the person at the terminal."""

from __future__ import annotations


class BenchError(Exception):
    """Something cannot be measured."""
