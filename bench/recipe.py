"""The tutorial's recipe, written as users write it: a script that preprocesses, trains and evaluates.

    python recipe.py --reviews ratings.csv --user userId --item movieId --score rating --output out

It follows TensorFlow Recommenders' retrieval tutorial (https://www.tensorflow.org/recommenders/examples/basic_retrieval):
pandas for the reviews, two towers of a StringLookup and an Embedding, tfrs.tasks.Retrieval with FactorizedTopK metrics
over all candidates in every training step, Adagrad, a BruteForce index, and one call of the index per user to evaluate.
Nothing of the project is used here, nothing is slowed down: this is what the project is measured against.

Written to --output: recipe.json (seconds of each phase and epoch, accuracy) and vectors.npz (what was learned).
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

STARTED = time.perf_counter()
os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import tensorflow as tf  # noqa: E402
import tensorflow_recommenders as tfrs  # noqa: E402


class RetrievalModel(tfrs.Model):
    """Two towers of ids."""

    def __init__(self, users: np.ndarray, items: np.ndarray, dimension: int) -> None:
        super().__init__()
        self.user_model = tower(users, dimension)
        self.item_model = tower(items, dimension)
        candidates = tf.data.Dataset.from_tensor_slices(items).batch(128).map(self.item_model)
        self.task = tfrs.tasks.Retrieval(metrics=tfrs.metrics.FactorizedTopK(candidates=candidates))

    def compute_loss(self, features: dict[str, tf.Tensor], training: bool = False) -> tf.Tensor:
        return self.task(self.user_model(features["user"]), self.item_model(features["item"]))


class EpochSeconds(tf.keras.callbacks.Callback):
    """Seconds of each epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.seconds.append(time.perf_counter() - self._started)
        print(f"recipe epoch {epoch + 1}: {self.seconds[-1]:.1f} s", flush=True)


def tower(names: np.ndarray, dimension: int) -> tf.keras.Sequential:
    """Name -> float32 vector; row 0 is for unknown names."""
    return tf.keras.Sequential(
        [
            tf.keras.layers.StringLookup(vocabulary=names, mask_token=None),
            tf.keras.layers.Embedding(len(names) + 1, dimension),
        ]
    )


def preprocess(options: argparse.Namespace) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train and test reviews, columns user and item."""
    names = {options.user: "user", options.item: "item", options.score: "score"}
    if options.reviews.suffix == ".parquet":
        reviews = pd.read_parquet(options.reviews, columns=list(names))
    else:
        reviews = pd.read_csv(options.reviews, usecols=list(names), dtype={options.user: str, options.item: str})
    reviews = reviews.rename(columns=names).dropna().drop_duplicates(["user", "item"], keep="last")
    reviews = reviews.astype({"user": str, "item": str})
    reviews = reviews[reviews.groupby("user")["item"].transform("size") >= options.min_reviews_per_user]
    if options.held_out:  # so that both sides are measured on the same reviews
        held_out = pd.read_parquet(options.held_out, columns=["user", "item"])
        marked = reviews.merge(held_out, on=["user", "item"], how="left", indicator=True)
        test = marked[marked["_merge"] == "both"]
        train = marked[marked["_merge"] == "left_only"]
    else:
        test = reviews.sample(frac=0.15, random_state=options.seed)
        train = reviews.drop(test.index)
    return train[["user", "item"]], test[["user", "item"]]


def fit(train: pd.DataFrame, options: argparse.Namespace) -> tuple[RetrievalModel, np.ndarray, list[float]]:
    """The model, the item names it knows, and each epoch's seconds."""
    users, items = np.unique(train["user"].to_numpy(str)), np.unique(train["item"].to_numpy(str))
    columns = {name: train[name].to_numpy(str) for name in ("user", "item")}
    shuffled = tf.data.Dataset.from_tensor_slices(columns).shuffle(len(train), seed=options.seed)
    model = RetrievalModel(users, items, options.dimension)
    model.compile(optimizer=tf.keras.optimizers.Adagrad(learning_rate=options.learning_rate))
    epochs = EpochSeconds()
    model.fit(shuffled.batch(options.batch_size).cache(), epochs=options.epochs, verbose=0, callbacks=[epochs])
    return model, items, epochs.seconds


def evaluate(model: RetrievalModel, items: np.ndarray, test: pd.DataFrame, k: int) -> float:
    """Top-k accuracy: per user the share of held-out items among the k best, then the mean."""
    index = tfrs.layers.factorized_top_k.BruteForce(model.user_model, k=min(k, len(items)))
    candidates = tf.data.Dataset.from_tensor_slices(items).batch(100)
    index.index_from_dataset(tf.data.Dataset.zip((candidates, candidates.map(model.item_model))))
    shares = []
    for user, held_out in test.groupby("user")["item"]:
        _, names = index(tf.constant([user]))
        found = {name.decode("utf-8") for name in names[0].numpy()}
        shares.append(held_out.isin(found).mean())
    return float(np.mean(shares))


def save_vectors(model: RetrievalModel, path: Path) -> None:
    """Names and vectors of both towers; the first row of each is that of unknown names."""
    arrays = {}
    for side, layers in (("user", model.user_model.layers), ("item", model.item_model.layers)):
        arrays[f"{side}_names"] = np.array(layers[0].get_vocabulary(), dtype=str)
        arrays[f"{side}_vectors"] = layers[1].get_weights()[0]
    np.savez(path, **arrays)


def main() -> None:
    options = parse()
    tf.keras.utils.set_random_seed(options.seed)
    seconds = {"imports": time.perf_counter() - STARTED}

    def lap(phase: str) -> None:
        seconds[phase] = time.perf_counter() - STARTED - sum(seconds.values())

    train, test = preprocess(options)
    lap("preprocess")
    model, items, epoch_seconds = fit(train, options)
    lap("train")
    accuracy = evaluate(model, items, test, options.k)
    lap("evaluate")
    options.output.mkdir(parents=True, exist_ok=True)
    report = {
        "seconds": seconds,
        "epoch_seconds": epoch_seconds,
        "train": len(train),
        "test": len(test),
        "accuracy": accuracy,
    }
    (options.output / "recipe.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    save_vectors(model, options.output / "vectors.npz")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="recipe.py", description="The tutorial's recipe over one file of reviews.")
    parser.add_argument("--reviews", type=Path, required=True, help=".csv, .csv.gz or .parquet")
    parser.add_argument("--user", default="username", help="column of the user")
    parser.add_argument("--item", default="beer_name", help="column of the item")
    parser.add_argument("--score", default="score", help="column of the score")
    parser.add_argument("--output", type=Path, required=True, help="folder to write to")
    parser.add_argument("--held-out", type=Path, help="Parquet file of the test reviews (default: a random 15 %%)")
    parser.add_argument("--min-reviews-per-user", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=8192)
    parser.add_argument("--learning-rate", type=float, default=0.5)
    parser.add_argument("--dimension", type=int, default=32)
    parser.add_argument("-k", type=int, default=500)
    parser.add_argument("--seed", type=int, default=42)
    return parser.parse_args()


if __name__ == "__main__":
    main()
