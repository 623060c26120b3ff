"""The retrieval task for histories: one row asks once, and predicts any number of items.

TFRS's own Retrieval task knows one positive per row, so a user with twenty reviews would be encoded and scored against
the catalogue twenty times. Here the row's logits are computed once and its targets share them: the multinomial
likelihood of D. Liang et al., "Variational Autoencoders for Collaborative Filtering", WWW 2018.
"""

from __future__ import annotations

import tensorflow as tf
from tensorflow_recommenders.layers.loss import SamplingProbablityCorrection
from tensorflow_recommenders.tasks import base


class HistorySoftmax(tf.keras.layers.Layer, base.Task):
    """Mean cross entropy between what a row predicts and its targets, over a catalogue or a sample of it."""

    def __init__(self) -> None:
        super().__init__()
        self.correction = SamplingProbablityCorrection()

    def call(
        self,
        queries: tf.Tensor,
        candidates: tf.Tensor,
        bias: tf.Tensor,
        labels: tf.Tensor,
        weights: tf.Tensor,
        sampling_probability: tf.Tensor,
    ) -> tf.Tensor:
        """Queries [b, d], candidates [m, d] with bias [m] and probability [m] of being there; labels [b, m], which sum
        to 1 in each row with targets; weights [b] of the rows, 0 for one without. Returns a scalar.

        Where candidates are a sample, a popular one is there more often than its share of the catalogue: the log of
        its probability is taken off (logQ; X. Yi et al., "Sampling-bias-corrected neural modeling", RecSys 2019).
        """
        logits = tf.matmul(queries, candidates, transpose_b=True) + bias
        logits = self.correction(logits, sampling_probability)
        losses = tf.nn.softmax_cross_entropy_with_logits(labels, logits)
        return tf.reduce_sum(losses * weights) / tf.maximum(tf.reduce_sum(weights), 1e-6)
