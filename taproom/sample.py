"""Generated beer reviews: the same file for the same size and seed, whose right answer is known.

Beers have a style, a brewery and a popularity with a long tail; each user has a few favourite styles. A review is a
draw of a style (the user's own mix), then of a beer within it (by popularity). So a list of popular beers is a fair
answer for everybody, and knowing a user's styles is a clearly better one. A few users review the same beer twice.

Users are made in chunks, each with a random stream of its own, so memory does not grow with the number of reviews.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

SUFFIXES = (".csv", ".csv.gz", ".parquet")
USERS_PER_CHUNK = 10_000
MEAN_REVIEWS_PER_USER = 22
FEWEST_BEERS = 5_200
FAVOURITE_STYLES = 3
FAVOURITES_SHARE = 0.75  # of a user's reviews that go to favourite styles; the others follow everybody's taste
POPULARITY_EXPONENT = 1.0  # of the long tail: weight of the n-th beer of a style is n^-1.0
REPEATED_SHARE = 0.002  # of all reviews: a second one by the same user of the same beer
FIRST_SECOND = 1_420_070_400  # 2015-01-01, and ten years from there
SECONDS = 10 * 365 * 86_400


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


STYLES = _words(
    "Lager|Pilsner|Helles|Dunkel|Bock|Doppelbock|Märzen|Rauchbier|Schwarzbier|Kölsch|Altbier|Hefeweizen|Weizenbock|"
    "Berliner Weisse|Gose|Witbier|Saison|Dubbel|Tripel|Quadrupel|Lambic|Gueuze|Flanders Red|Pale Ale|IPA|Double IPA|"
    "Hazy IPA|Black IPA|Amber Ale|Brown Ale|Mild Ale|Bitter|Barleywine|Scotch Ale|Porter|Baltic Porter|Stout|"
    "Milk Stout|Imperial Stout|Pumpkin Ale"
)
FIRST_WORDS = _words(
    "Golden|Old|Black|Wild|Lazy|Red|Silent|Crooked|Royal|Broken|Lucky|Stormy|Hidden|Proud|Wooden|Iron|Northern|"
    "Howling|Velvet|Smoky|Bitter|Sunny|Midnight|Rusty|Frozen|Dancing|Noble|Hazy|Grumpy|Quiet"
)
SECOND_WORDS = _words(
    "Fox|Monk|Anchor|Raven|Harvest|Barrel|Bridge|Mill|Captain|Otter|River|Giant|Lantern|Orchard|Badger|Tower|Miner|"
    "Heron|Wolf|Garden|Kettle|Pilgrim|Meadow|Comet|Stag|Harbour|Winter|Cellar|Thistle|Drummer"
)
REMARKS = _words(
    "Not for me.|Thin, a bit sour.|Drinkable.|Decent, nothing more.|Good with food.|Well balanced.|Crisp, clean finish."
    "|Rich and round.|Excellent, would have again.|As good as it gets."
)


@dataclass(frozen=True)
class Catalogue:
    """Beers [n] in order of style. ``limits`` [n]: style + cumulated share within the style, rising throughout."""

    names: pa.Array
    styles: np.ndarray
    breweries: pa.Array
    abv: np.ndarray
    quality: np.ndarray
    limits: np.ndarray
    style_shares: np.ndarray  # [styles]


def write_sample(path: str | Path, reviews: int = 100_000, seed: int = 1516) -> Path:
    """Write exactly ``reviews`` reviews to ``path``, in the format of its suffix, and return it.

    Raises ValueError for another suffix or fewer than 1 review.
    """
    path = Path(path)
    if not path.name.lower().endswith(SUFFIXES):
        raise ValueError(f"cannot tell the format of {path.name!r}: use one of {', '.join(SUFFIXES)}")
    if reviews < 1:
        raise ValueError(f"the number of reviews must be 1 or more, got {reviews}")
    with contextlib.ExitStack() as stack:
        writer = None
        for table in chunks(reviews, seed):
            writer = writer or stack.enter_context(_writer(path, table.schema, stack))
            writer.write_table(table)
    return path


def kept_sample(folder: Path, reviews: int = 100_000, say: Callable[[str], None] = lambda message: None) -> Path:
    """The sample file of that size in ``folder``, generated once and kept: it is a pure function of its size."""
    path = folder / f"beer-reviews-{reviews}.csv.gz"
    if not path.exists():
        say(f"Generating {reviews:,} beer reviews ...")
        folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"partial-{path.name}")
        write_sample(partial, reviews=reviews)
        partial.replace(path)
    return path


def chunks(reviews: int, seed: int) -> Iterator[pa.Table]:
    """The sample in tables of some 200,000 rows, ``reviews`` rows in all."""
    catalogue = make_catalogue(np.random.default_rng([seed, 0]), _number_of_beers(reviews))
    left, number = reviews, 0
    while left > 0:
        users = min(USERS_PER_CHUNK, left // MEAN_REVIEWS_PER_USER + 10)
        table = _reviews_of(np.random.default_rng([seed, number + 1]), catalogue, number * USERS_PER_CHUNK, users)
        table = table.slice(0, left)
        yield table
        left, number = left - table.num_rows, number + 1


def make_catalogue(random: np.random.Generator, beers: int) -> Catalogue:
    style_shares = random.permutation((np.arange(len(STYLES)) + 3.0) ** -0.6)
    style_shares /= style_shares.sum()
    styles = np.sort(np.concatenate([np.arange(len(STYLES)), random.choice(len(STYLES), beers - len(STYLES))]))
    sizes = np.bincount(styles, minlength=len(STYLES))
    limits = []
    for style, size in enumerate(sizes):
        weights = random.permutation((np.arange(size) + 1.0) ** -POPULARITY_EXPONENT)
        limits.append(style + np.cumsum(weights) / weights.sum())
    number = random.permutation(beers)
    first, second = len(FIRST_WORDS), len(SECOND_WORDS)
    series = number // (first * second)
    names = [
        f"{FIRST_WORDS[n % first]} {SECOND_WORDS[n // first % second]} {STYLES[style]}" + (f" No. {s + 1}" if s else "")
        for n, s, style in zip(number, series, styles, strict=True)
    ]
    brewers = random.integers(0, max(beers // 12, 1), size=beers)
    breweries = [f"{SECOND_WORDS[b % second]} {('Brewing', 'Brothers', 'Brewery')[b % 3]} {b + 1}" for b in brewers]
    strength = random.uniform(4.0, 10.0, size=len(STYLES))[styles] + random.normal(0, 0.6, size=beers)
    return Catalogue(
        names=pa.array(names),
        styles=styles,
        breweries=pa.array(breweries),
        abv=np.round(np.clip(strength, 0.5, 15.0), 1),
        quality=random.normal(0, 1, size=beers),
        limits=np.concatenate(limits),
        style_shares=style_shares,
    )


def _number_of_beers(reviews: int) -> int:
    return int(FEWEST_BEERS * max(1.0, (reviews / 100_000) ** 0.5))


def _reviews_of(random: np.random.Generator, catalogue: Catalogue, first_user: int, users: int) -> pa.Table:
    """All reviews of ``users`` users, in random order."""
    user, beer, fond = _draw(random, catalogue, users)
    bias = random.normal(0, 0.3, size=users)
    score = 3.3 + 0.35 * catalogue.quality[beer] + bias[user] + 0.6 * fond + random.normal(0, 0.4, size=len(user))
    second = random.integers(FIRST_SECOND, FIRST_SECOND + SECONDS, size=len(user))

    again = random.choice(len(user), size=max(1, int(len(user) * REPEATED_SHARE)), replace=False)
    user, beer = np.append(user, user[again]), np.append(beer, beer[again])
    score = np.append(score, score[again] + random.normal(0, 0.5, size=len(again)))
    second = np.append(second, second[again] + random.integers(1, 90 * 86_400, size=len(again)))

    order = random.permutation(len(user))
    user, beer, score, second = user[order], beer[order], score[order], second[order]
    score = np.clip(np.round(score * 2) / 2, 1.0, 5.0)
    # Names are built once per user; SECOND_WORDS repeat, the number makes them unique.
    names = pa.array(
        [f"{SECOND_WORDS[n % len(SECOND_WORDS)].lower()}{n}" for n in range(first_user, first_user + users)]
    )
    columns: dict[str, Any] = {
        "username": names.take(pa.array(user)),
        "beer_name": catalogue.names.take(pa.array(beer)),
        "score": score,
        "timestamp": second,
        "style": pa.array(STYLES).take(pa.array(catalogue.styles[beer])),
        "brewery_name": catalogue.breweries.take(pa.array(beer)),
        "abv": catalogue.abv[beer],
        "text": pa.array(REMARKS).take(pa.array(((score - 1.0) / 4.0 * (len(REMARKS) - 1)).astype(int))),
    }
    return pa.table(columns)


def _draw(random: np.random.Generator, catalogue: Catalogue, users: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who reviews what: users [n], beers [n], and whether the beer's style is a favourite [n]; each pair once."""
    shares = catalogue.style_shares
    favourite = np.argsort(-(np.log(shares) + random.gumbel(size=(users, len(shares)))), axis=1)[:, :FAVOURITE_STYLES]
    activity = 5 + random.lognormal(2.3, 0.9, size=users).astype(int).clip(0, 400)
    drawn = np.repeat(np.arange(users), activity)
    own = random.random(len(drawn)) < FAVOURITES_SHARE
    style = np.where(
        own,
        favourite[drawn, random.integers(0, FAVOURITE_STYLES, size=len(drawn))],
        random.choice(len(shares), size=len(drawn), p=shares),
    )
    beer = np.searchsorted(catalogue.limits, style + random.random(len(drawn))).clip(max=len(catalogue.limits) - 1)
    pairs = np.unique(drawn * len(catalogue.limits) + beer)
    user, beer = np.divmod(pairs, len(catalogue.limits))
    return user, beer, (catalogue.styles[beer][:, None] == favourite[user]).any(axis=1)


def _writer(path: Path, schema: pa.Schema, stack: contextlib.ExitStack) -> Any:
    name = path.name.lower()
    if name.endswith(".parquet"):
        return pyarrow.parquet.ParquetWriter(path, schema, compression="zstd")
    stream: Any = stack.enter_context(path.open("wb"))
    if name.endswith(".gz"):
        # No file name and no time in the header: the same reviews are the same bytes.
        stream = stack.enter_context(gzip.GzipFile(filename="", fileobj=stream, mode="wb", compresslevel=1, mtime=0))
    return pyarrow.csv.CSVWriter(stream, schema)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m taproom.sample", description="Write generated beer reviews.")
    parser.add_argument("path", type=Path, help="file to write: .csv, .csv.gz or .parquet")
    parser.add_argument("--reviews", type=int, default=100_000, help="how many (default 100000)")
    parser.add_argument("--seed", type=int, default=1516, help="another seed gives other reviews (default 1516)")
    options = parser.parse_args()
    try:
        print(write_sample(options.path, options.reviews, options.seed))
    except ValueError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
