from act import evaluate

evaluate("evaluate", "evaluation", lambda told: {"accuracy": told["multiclass_classification_metrics"]["accuracy"]})
