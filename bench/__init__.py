"""Measures the project beside its peers, in one run (`make bench`; docs/bench.md tells how to read it).

    options, execution_input    what to measure
    datasets, jobs              reviews, and the project's three jobs over them as processes
    quality                     our model and its peers (peers/), tuned on one validation slice (tuning), one evaluation
    against_recipe              our jobs beside the tutorial's recipe (recipe.py, a script as users write it)
    bare_products, bare_scan    evaluation and preprocess beside the least work that they could be
    scaling                     time and memory of each job by the number of ratings
    tables, plot, results       what was measured: on the terminal, as a picture, as JSON

Every part gives a JSON document; tables and plot know only these documents. Of the other rooms bench uses training/,
through training_room.py, and taproom/sample.py.
"""
