"""A definition is parsed once, not for every execution: that takes moto a second or more for one of a hundred states.

Executions share what was parsed: moto's components keep what an execution does in its environment, not in themselves.
Whoever changes a program (a redrive does) makes a copy first.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

KEPT = 16  # definitions


def install(aws: LocalAws) -> None:
    from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

    parse = lru_cache(KEPT)(AmazonStateLanguageParser.parse)
    aws.patch(AmazonStateLanguageParser, "parse", staticmethod(parse))
