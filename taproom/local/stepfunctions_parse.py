"""A definition is parsed once: moto parses it for every execution, which takes most of a second of one as long as ours.

What is kept is the syntax tree, which is only read; the program that is made of it is new for each execution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

KEPT = 16  # definitions


def install(aws: LocalAws) -> None:
    from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
    from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor

    trees: dict[str, Any] = {}

    def parse(definition: str) -> tuple[Any, Any]:
        if (tree := trees.get(definition)) is not None:
            return Preprocessor().visit(tree), tree
        program, tree = original(definition)
        while len(trees) >= KEPT:
            trees.pop(next(iter(trees)), None)
        trees[definition] = tree
        return program, tree

    original = AmazonStateLanguageParser.parse
    aws.patch(AmazonStateLanguageParser, "parse", staticmethod(parse))
