"""``report.html``: one self-contained page on what an execution did and why a model was or was not registered.

page.py         all of it: the sections, rendered by templates/report/
verdict.py      the outcome in one sentence, and for each model
states.py       the picture of the states, the timeline, and what was taken from the cache
data.py         reviews read, dropped and kept, and what changed since the run before
distributions.py  scores, and reviews per item and user, as the manifest counted them
training.py     loss and validation by epoch, from the jobs' logs
metrics.py      evaluation.json beside baselines, champion and threshold
gate.py         the gate's rules
samples.py      what a few users would be recommended
settings.py     parameters that differ from the defaults
lineage.py      from what it was made, and how to make it again
figures.py      a chart with its numbers
documents.py    what was collected, however little or broken it is
gather.py       the documents that a page needs, fetched from an account; job_logs.py from its logs
publish.py      the page, put into the run's folder of the bucket; run_uri.py says where that is
earlier.py      where the reports of earlier runs are that a page names
glance.py       the run in a few numbers
glossary.py     what the words of the metrics mean
"""

from taproom.report.page import write_report
from taproom.report.verdict import verdict

__all__ = ["verdict", "write_report"]
