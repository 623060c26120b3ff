"""ORDER: which state when, retried how, failing where.

``definition.py`` says it with the Step Functions Data Science SDK, ``render.py`` writes it to ``retraining.asl.json``,
and that file is what is deployed and what runs. Nothing in here is needed at run time.
"""
