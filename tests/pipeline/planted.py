"""Values that no log may hold: what reviews say, who says it, and credentials, wherever somebody may have put them."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from taproom.sample import write_sample

USER, BEER, TEXT, SCORE = "anna.miller@example.org", "Planted Porter", "planted words", "planted-score"
SECRET_KEY = "plantedWJALR/XUTNFEMI+K7MDENGbPxRfiCYKEY"  # of the form of a secret access key, as is what follows
SESSION = "IQoJPLANTEDsessionTOKENb3JpZ2luX2VjEPT=="
KEY = "arn:aws:kms:us-east-1:111122223333:key/planted00-1111-2222-3333-444444444444"
GRANT = "AQpAPLANTEDgrantTOKENM2RhZQ"
BEARER = "Bearer eyJPLANTED.bearer.token"
SIGNATURE = "plantedSIGNATUREc0ffee"
SIGNED = f"https://planted-bucket.s3.amazonaws.com/reviews.csv?X-Amz-Credential=AKIAPLANTED&X-Amz-Signature={SIGNATURE}"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAPLANTED000000000",
    "AWS_SECRET_ACCESS_KEY": "planted/SECRET+key",
    "AWS_SESSION_TOKEN": "plantedTOKEN==",
}
SAID = (USER, BEER, TEXT, SCORE, SECRET_KEY, SESSION, KEY, GRANT, BEARER, SIGNATURE)
VALUES = (*SAID, *CREDENTIALS.values())
SAMPLES = re.compile(r'<section id="samples".*?</section>', re.DOTALL)  # of a report


def environment() -> dict[str, str]:
    """This process's, with planted credentials in it."""
    return {**os.environ, **CREDENTIALS}


def reviews(path: Path, size: int) -> Path:
    """A sample of reviews with planted ones, a score that is none among them, and with a column that nobody reads."""
    write_sample(path, size)
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    write_rows(path, [*header, "note"], [*([*row, ""] for row in rows), *planted_rows([*header, "note"])])
    return path


def planted_rows(header: Iterable[str], scores: Iterable[str] = ("4", SCORE)) -> list[list[str]]:
    """Thirty reviews of each planted user; the last one has the last of ``scores``, the others the first."""
    first, last = scores
    told = {"text": TEXT, "style": BEARER, "brewery_name": KEY, "note": GRANT}
    written = []
    for user in (USER, SECRET_KEY, SESSION):
        for number in range(30):
            beer = SIGNED if number == 0 else f"{BEER} {number}"
            row = told | {"username": user, "beer_name": beer, "score": last if number == 29 else first}
            written.append([row.get(name, "") for name in header])
    return written


def write_rows(path: Path, *parts: Any) -> Path:
    """A CSV file of a header (or none) and rows."""
    *header, rows = parts
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([*header, *rows])
    return path


def logs_in(folder: Path) -> dict[str, str]:
    """The text of each log below the folder of a local AWS or of runs."""
    logs = [path for path in folder.rglob("*") if path.is_file() and ("logs" in path.parts or path.name == "log")]
    for part in ("preprocess-", "/lambda/", "/states/"):  # of jobs, of functions and of state machines
        assert any(part in str(path) for path in logs), part
    return {str(path): path.read_text(errors="replace") for path in logs}


def documents_in(folder: Path) -> dict[str, str]:
    """The text of what a run's folder tells, but for what a few users are recommended, which names them by design."""
    paths = [path for path in folder.rglob("*") if path.suffix in (".json", ".html", ".log")]
    told = {str(path): path.read_text(errors="replace") for path in paths if path.name != "samples.json"}
    return {name: SAMPLES.sub("", text) for name, text in told.items()}


def log_groups(logs: Any) -> dict[str, str]:
    """Everything in CloudWatch Logs, by group and stream; ``logs`` is a boto3 client."""
    found = {}
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in (one["logGroupName"] for one in page["logGroups"]):
            for streams in logs.get_paginator("describe_log_streams").paginate(logGroupName=group):
                for stream in (one["logStreamName"] for one in streams["logStreams"]):
                    found[f"{group} {stream}"] = "\n".join(_events(logs, group, stream))
    return found


def _events(logs: Any, group: str, stream: str) -> list[str]:
    where = {"logGroupName": group, "logStreamName": stream, "startFromHead": True}
    answer, lines = logs.get_log_events(**where), []
    while answer["events"]:
        lines += [one["message"] for one in answer["events"]]
        answer = logs.get_log_events(**where, nextToken=answer["nextForwardToken"])
    return lines


def found_in(texts: Mapping[str, str], values: Iterable[str] = VALUES) -> list[tuple[str, str]]:
    """(name, value) of each planted value in a text, as it is, as JSON in JSON writes it, or as a URL does."""
    forms = {value: {value, json.dumps(value)[1:-1], quote(value), quote(value, safe="")} for value in values}
    return [
        (name, value) for name, text in texts.items() for value, some in forms.items() if any(s in text for s in some)
    ]


def found_in_logs(folder: Path, *outputs: str) -> list[tuple[str, str]]:
    """(log, value) of each planted value in a log of the runs below ``folder`` or in one of ``outputs``."""
    return found_in(logs_in(folder) | {f"output {place}": output for place, output in enumerate(outputs)})
