"""Documents of another form: whatever they hold, the run has its report. A report takes a second: none is shrunk."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.taproom.report.runs import registered

DOCUMENTS = (
    *("evaluation/retrieval.json", "evaluation/ranking.json", "gate/retrieval/gate.json", "costs.json"),
    *("data/manifest.json", "request.json", "evaluation/retrieval/samples.json", "model-packages.json"),
    "cache/TrainRanking.json",
)
CACHE = {"Step": "TrainRanking", "Hit": False, "From": "", "Reason": "new", "Differences": ["the code changed"]}
JUNK = st.sampled_from([None, True, -1, 1e308, 10**400, "", "text", [], [None], [{}], {}, {"value": {}}, {"x": [1]}])


def paths(document, path=()):
    """The way to every node of a document."""
    yield path
    for key in document if isinstance(document, dict) else range(len(document)) if isinstance(document, list) else ():
        yield from paths(document[key], (*path, key))


def replaced(document, path, junk):
    if not path:
        return junk
    document = copy.copy(document)
    document[path[0]] = replaced(document[path[0]], path[1:], junk)
    return document


@pytest.mark.slow
@settings(max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_report_is_written_whatever_the_documents_hold(data, tmp_path_factory):
    run = registered(tmp_path_factory.mktemp("runs"))
    (run.folder / "cache").mkdir()
    (run.folder / "cache" / "TrainRanking.json").write_text(json.dumps(CACHE))
    for name in DOCUMENTS:
        document = json.loads((run.folder / name).read_text())
        for _ in range(data.draw(st.integers(0, 3))):
            places = list(paths(document))
            document = replaced(document, data.draw(st.sampled_from(places)), data.draw(JUNK))
        (run.folder / name).write_text(json.dumps(document))
    assert "</html>" in run.report().read_text()
