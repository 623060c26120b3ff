from act import evaluate

evaluate("evaluate_ranking", "ranking_evaluation", lambda told: told["regression_metrics"])
