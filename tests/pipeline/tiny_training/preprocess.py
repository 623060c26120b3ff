import json

from act import SPLIT, act, arguments, first_line, wait_until

OUTPUT = ("train.parquet", "test.parquet", "items.parquet")
given = arguments("reviews", "output")
script = first_line(given.reviews)
if "until" in script:
    wait_until(script["until"])
fault = act("preprocess", script)
given.output.mkdir(parents=True, exist_ok=True)
for name in ("train.parquet", "items.parquet") if fault == "half an output" else OUTPUT:
    (given.output / name).write_text(json.dumps(script) + "\n")
manifest = {"script": script, "split": script.get("split", SPLIT), **script.get("counted", {})}
(given.output / "manifest.json").write_text(json.dumps(manifest) + "\n")
