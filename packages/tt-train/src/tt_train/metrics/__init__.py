"""How well a model answers: metrics that grow batch by batch (module 10).

    accuracy = Accuracy()
    for x, y in loader:
        accuracy.update(model(x), y)
    accuracy.compute()

Each metric counts, and only in the end divides: the result is that of all samples at once, however they came in
batches, and counts of several processes are added up (`merge`). The functions take all samples in one call.

Predictions are class numbers, or scores (logits or probabilities) with the classes along dimension 1 as for
`cross_entropy`, or one score per sample for yes (above 0) and no. Results are those of scikit-learn. Where a quotient
has nothing below the line (a precision of a class that was never predicted), it is 0, as is scikit-learn's default; the
mean of no samples is nan.
"""

from __future__ import annotations

from tt_train.metrics.accuracy import Accuracy, TopKAccuracy, accuracy, top_k_accuracy
from tt_train.metrics.base import Averaged, Given, Mean, Metric, collect
from tt_train.metrics.confusion import F1, ConfusionMatrix, Precision, Recall, confusion_matrix, f1, precision, recall
from tt_train.metrics.perplexity import Perplexity, perplexity

__all__ = [
    "F1",
    "Accuracy",
    "Averaged",
    "ConfusionMatrix",
    "Given",
    "Mean",
    "Metric",
    "Perplexity",
    "Precision",
    "Recall",
    "TopKAccuracy",
    "accuracy",
    "collect",
    "confusion_matrix",
    "f1",
    "perplexity",
    "precision",
    "recall",
    "top_k_accuracy",
]
