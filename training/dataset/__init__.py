"""What preprocess.py wrote, as models and evaluations read it."""
