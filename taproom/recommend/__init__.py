"""Recommending with registered models, here and now: retrieval finds candidates, ranking predicts their scores.

choosing.py     which versions answer, and where their artifacts are
artifacts.py    model.tar.gz from S3 into a cache, unpacked as if a stranger had made it
quiet.py        TensorFlow, without what it says on the terminal
models.py       the two SavedModels, asked by their signatures
order.py        how what both say becomes one list
items.py        style, brewery, abv
answering.py    all of it: a user in, a list out
view.py         the list on a terminal
"""
