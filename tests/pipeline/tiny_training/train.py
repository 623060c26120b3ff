import json
import os
from pathlib import Path

from act import act, first_line

script = first_line(Path(os.environ["SM_CHANNEL_TRAIN"]))
act("train", script)
print("epoch=1 of=1 loss=0.5 seconds=0.1", flush=True)
model = Path(os.environ["SM_MODEL_DIR"]) / "01"
model.mkdir(parents=True)
(model / "saved_model.pb").write_text(json.dumps(script))
