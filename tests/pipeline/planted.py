"""Values that no log may hold: what reviews say, who says it, and the credentials of whoever starts a run."""

from __future__ import annotations

import os
from pathlib import Path

from taproom.sample import write_sample

USER, BEER, TEXT, SCORE = "anna.miller@example.org", "Planted Porter", "planted words", "planted-score"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAPLANTED000000000",
    "AWS_SECRET_ACCESS_KEY": "planted/SECRET+key",
    "AWS_SESSION_TOKEN": "plantedTOKEN==",
}
VALUES = (USER, BEER, TEXT, SCORE, *CREDENTIALS.values())


def environment():
    """This process's, with planted credentials in it."""
    return {**os.environ, **CREDENTIALS}


def row(number, score):
    told = {"username": USER, "beer_name": f"{BEER} {number}", "score": score, "text": f'"{TEXT}"', "style": BEER}
    return lambda header: ",".join(str(told.get(name, "")) for name in header) + "\n"


def reviews(path, size):
    """A sample of reviews with planted ones, a score that is none among them."""
    write_sample(path, size)
    with path.open(encoding="utf-8") as file:
        header = [name.strip().strip('"') for name in file.readline().split(",")]
    with path.open("a", encoding="utf-8") as file:
        file.writelines(row(number, SCORE if number == 0 else 4)(header) for number in range(30))
    return path


def found_in_logs(folder: Path, *outputs: str):
    """(log, value) of each planted value in a log of the runs below ``folder`` or in one of ``outputs``."""
    logs = [path for path in folder.rglob("*") if path.is_file() and ("logs" in path.parts or path.name == "log")]
    for part in ("preprocess-", "/lambda/"):  # those of jobs and of functions are among them
        assert any(part in str(path) for path in logs), part
    texts = {str(path): path.read_text(errors="replace") for path in logs}
    texts |= {f"output {place}": output for place, output in enumerate(outputs)}
    return [(name, value) for name, text in texts.items() for value in VALUES if value in text]
