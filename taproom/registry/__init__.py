"""The Model Registry, asked and decided on through boto3: on the local AWS and on a real account alike.

names.py        how a version is called on the command line
version.py      a version, and which of several is the champion
registry.py     the one door to SageMaker: list, find, decide
decisions.py    approve, reject, roll back: what they require and in which order they do it
documents.py    JSON documents beside a version, in S3, any of which may be missing
quality.py      a version's metrics beside those of its baselines
record.py       everything told of a version, from its package and those documents
listing.py      the versions of each model
difference.py   two records compared
view_*.py       all of it on a terminal, made of cells.py
"""
