"""What moto parses at every use is parsed once: definitions, of which ours takes most of a second, and JSON paths.

Executions share the program of a definition: its components keep what an execution does in that one's environment, not
in themselves. Whoever changes a program (a redrive does) makes a copy first.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

DEFINITIONS = 16
PATHS = 1024


def install(aws: LocalAws) -> None:
    from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
    from moto.stepfunctions.parser.asl.utils import json_path

    parse = lru_cache(DEFINITIONS)(AmazonStateLanguageParser.parse)
    aws.patch(AmazonStateLanguageParser, "parse", staticmethod(parse))
    aws.patch(json_path, "parse", lru_cache(PATHS)(json_path.parse))
