"""The command line: what to measure, on which reviews."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

PARTS = ("quality", "ranking", "recipe", "evaluation", "preprocess", "scaling")
OUTPUT = Path(__file__).resolve().parent / "results"
DESCRIPTION = """\
Measures Taproom beside its peers, in one run. Prints tables; writes bench.json and bench.png.

  quality      quality and fit time of our model, popularity, tuned implicit ALS, tuned EASE (with the part recipe also
               the tutorial's recipe), on the same split
  ranking      error of the ranking model, beside the mean score, user and item biases, and tuned biased matrix
               factorisation, on the same split
  recipe       preprocess + train + evaluate as processes, beside the tutorial's recipe as users write it
  evaluation   evaluate beside the bare matrix products it needs
  preprocess   preprocess beside the engine's bare scan of the same file
  scaling      time and peak memory of each job by the number of generated ratings
"""


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m bench", description=DESCRIPTION, formatter_class=layout)
    parser.add_argument("--reviews", type=Path, help="a file of reviews to measure on, beside the generated ones")
    parser.add_argument(
        "--input", type=Path, help="execution input (JSON): that file's Columns, and parameters for all"
    )
    parser.add_argument("--size", type=_size, default=200_000, help="generated reviews (200000; 0: none)")
    parser.add_argument("--parts", type=_parts, default=PARTS, help=f"some of {','.join(PARTS)} (all)")
    parser.add_argument(
        "--recipe-epochs", type=_positive, default=20, help="of the recipe's 20 (20: minutes to an hour)"
    )
    parser.add_argument("--sizes", type=_sizes, default=(100_000, 1_000_000), help="for scaling (100000,1000000)")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder to write to (bench/results)")
    parser.add_argument("--scratch", type=Path, help="folder for data and models while it runs (system's temporary)")
    options = parser.parse_args(arguments)
    if not options.size and not options.reviews and set(options.parts) != {"scaling"}:
        parser.error("there is nothing to measure on: give --reviews, or a --size above 0")
    return options


def _parts(text: str) -> tuple[str, ...]:
    """In the order in which they are run."""
    asked = {part.strip() for part in text.split(",") if part.strip()}
    if not asked or (unknown := asked - set(PARTS)):
        what = f"unknown part {min(unknown)!r}" if asked else "no part"
        raise argparse.ArgumentTypeError(f"{what}; there are {', '.join(PARTS)}")
    return tuple(part for part in PARTS if part in asked)


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(_positive(part) for part in text.split(","))


def _positive(text: str) -> int:
    value = _size(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not 1 or more")
    return value


def _size(text: str) -> int:
    """A whole number, 0 or more, with _ or nothing between its digits."""
    try:
        value = int(text)
    except ValueError:
        value = -1
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return value
