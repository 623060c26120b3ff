"""Reviews in MovieLens' form, made of generated ones: so few that a run takes seconds, and there without a download."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from taproom.sample import chunks


def generated(reviews: int = 6_000) -> pa.Table:
    return pa.concat_tables(chunks(reviews, seed=7))


def movielens_like(folder: Path, reviews: int = 6_000) -> Path:
    """``folder`` with ratings.csv and movies.csv.

    Every movie is of 1990 to 2019, by the length of its name, and has another year in that name.
    """
    beers = generated(reviews)
    names = beers["beer_name"]
    ids = names.combine_chunks().dictionary_encode()
    ratings = {
        "userId": beers["username"].combine_chunks().dictionary_encode().indices,
        "movieId": ids.indices,
        "rating": beers["score"],
        "timestamp": beers["timestamp"],
    }
    styles = dict(zip(names.to_pylist(), beers["style"].to_pylist(), strict=True))
    titles = ids.dictionary.to_pylist()
    movies = {
        "movieId": list(range(len(titles))),
        "title": [f"{title} (1950) ({year_of(title)})" for title in titles],
        "genres": [styles[title] for title in titles],
    }
    folder.mkdir(parents=True, exist_ok=True)
    pyarrow.csv.write_csv(pa.table(ratings), folder / "ratings.csv")
    pyarrow.csv.write_csv(pa.table(movies), folder / "movies.csv")
    return folder


def year_of(name: str) -> int:
    return 1990 + len(name) % 30
