import json

from act import act, arguments

given = arguments("data", "model", "output")
script = json.loads((given.data / "manifest.json").read_text())
act("evaluate", script)
given.output.mkdir(parents=True, exist_ok=True)
evaluation = script.get("evaluation")
if evaluation is not None:
    text = evaluation if isinstance(evaluation, str) else json.dumps(evaluation)
    (given.output / "evaluation.json").write_text(text)
else:
    (given.output / "other.txt").write_text("no evaluation here")
