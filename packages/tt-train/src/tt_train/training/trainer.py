"""`Trainer`: the loop that every training is, with all that one wants around it (module 10).

Nothing is hidden in it. Without what is around it, `fit` is

    for epoch in range(epochs):
        for inputs, targets in train:
            optimizer.zero_grad()
            loss = loss_function(model(inputs), targets)
            loss.backward()
            optimizer.step()
        scheduler.step()

and gives the same weights, to the bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any

from tt_core import Tensor, cat, no_grad
from tt_train.footprint import Footprint, footprint
from tt_train.logs import History, Row
from tt_train.metrics import Mean
from tt_train.optim import clip_grad_norm_
from tt_train.training.parts import TrainingError, evaluating, inputs_of, merged, number, pair, size_of
from tt_train.training.running import Running


class Trainer(Running):
    """Trains a model: epochs, validation, and what happens in between.

    Args:
        model: what learns.
        loss: a function of outputs and targets, such as `nn.CrossEntropyLoss()` or `F.cross_entropy`, the mean over
            the samples of a batch, or their sum if it has the attribute `reduction="sum"`.
        optimizer: what changes the model's parameters.
        scheduler: what changes the learning rate, after each epoch or, with `schedule="step"`, after each step of the
            optimizer. `ReduceLROnPlateau` is shown the figure `monitor`.
        metrics: what to measure besides the loss, in training and validation: metrics or functions, or a dict of them.
        callbacks: what to call at set moments, in this order.
        accumulate: how many batches one step of the optimizer takes together; the gradient is that of one large batch.
        clip_norm: the longest gradient, of all parameters together; a longer one is scaled down.
        seed: where the default generator starts, which dropout and the like draw from.
        folder: of this run: its log, and checkpoints. `fit` goes on from the last of these, if there is one.
        save_every: save not only after each epoch, but also each time so many steps are made.
        keep: how many of the last checkpoints to keep beside the best.
        monitor: the figure that says which epoch is the best: by default the validation's loss, or that of training.
        mode: whether the smallest ("min") or the largest ("max") figure is the best; by default what its name suggests.
        stop_on_nan: whether a loss that is not finite ends the training with an error, before it spoils the weights.
        communicator: what joins the processes that train together.
        progress: whether to show how far it is: a bar on a terminal, a line for each epoch elsewhere.

    Attributes:
        goal: how many epochs there will be.
        epoch, steps: how many epochs, and steps of the optimizer, are finished.
        batch: how many batches of the current epoch are.
        batches: how many it has, None if the loader does not know.
        row: the figures of the last step, which are logged: the loss, and what callbacks add.
        history: the figures of each epoch.
        stopped: why it will not go on, "" if it will.
        settled: whether no step is half made, so that the training can be saved.

    >>> import tt_core as tt
    >>> from tt_train import optim
    >>> model = tt.nn.Linear(2, 1)
    >>> x = tt.randn(64, 2)
    >>> y = x @ tt.tensor([[1.0], [2.0]])
    >>> trainer = Trainer(model, tt.nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1), progress=False)
    >>> history = trainer.fit([(x, y)], epochs=100)
    >>> history[-1]["loss"] < 1e-4
    True
    """

    # The loop

    def fit(self, train: Iterable[Any], validation: Iterable[Any] | None = None, epochs: int = 1) -> History:
        """Train for so many epochs, and return the figures of all epochs so far.

        A run whose folder has checkpoints goes on where the last one was saved: what it has is not trained again.
        Ctrl-C ends the training after the step that is being made, saves a checkpoint, and returns; a second Ctrl-C
        interrupts at once.

        Args:
            train: batches: a `DataLoader`, a list, anything that can be gone through once for each epoch.
            validation: batches to evaluate after each epoch; their figures are named `val_…`.
            epochs: how many, beyond those that earlier calls asked for.

        Raises:
            TrainingError: there are no batches, or a loss is not finite.
        """
        self.goal += epochs
        with self._session(train):
            while self.epoch < self.goal and not self.stopped:
                self._begin_epoch()
                for batches in self._remaining(train):
                    self.update(batches)
                    if not self._settle("on_batch_end"):
                        return self.history
                row = self._figures_of_epoch()
                if validation is not None:
                    row |= self._validate(validation)
                self._end_epoch(row)
        return self.history

    def update(self, batches: Sequence[Any]) -> None:
        """Make one step of the optimizer, with the gradient of the mean loss over all samples of the batches.

        Each batch goes forward (`step`) and backward before the next one comes, so that only one graph is alive; its
        loss, a mean, counts by its share of the samples (`count`), while a loss that is a sum (`_is_sum`) is added as
        it is. `_take` counts the loss and returns it as a number, of which `row["loss"]` is the mean over all
        samples. Then the ranks share their gradients (`_share_gradients`, with how many samples this rank had),
        `clip_norm` shortens them (`row["grad_norm"]` is their length before, a float), and the optimizer steps, and a
        scheduler that does so at each step; `steps` and `batch` go on.

        Raises:
            TrainingError: a loss is not finite.
        """
        sizes = [self.count(batch) for batch in batches]
        self.row = {"loss": 0.0}
        self.optimizer.zero_grad()
        for batch, size in zip(batches, sizes, strict=True):
            loss = self.step(batch)
            share = size / sum(sizes)
            self.row["loss"] += self._take(loss, size) * share
            (loss if share == 1 or self._is_sum else loss * share).backward()
        self._share_gradients(sum(sizes))
        if self.clip_norm is not None:
            self.row["grad_norm"] = float(clip_grad_norm_(self.model.parameters(), self.clip_norm))
        self.optimizer.step()
        if self.scheduler is not None and self.schedule == "step":
            self.scheduler.step()
        self.steps += 1
        self.batch += len(batches)

    def step(self, batch: Any) -> Tensor:
        """Return the loss of a batch, in training and in evaluation: override it for batches of another form.

            class Translator(Trainer):
                def step(self, batch: dict[str, Tensor]) -> Tensor:
                    logits = self.model(batch["source"], batch["target"])
                    self.observe(logits, batch["labels"])
                    return self.loss(logits, batch["labels"])

        Raises:
            TrainingError: the batch is not a pair of inputs and targets.
        """
        inputs, targets = pair(batch)
        outputs = self.model(inputs)
        self.observe(outputs, targets)
        return self.loss(outputs, targets)

    def count(self, batch: Any) -> int:
        """Return over how many samples the loss of a batch is the mean: the length of its first entry.

        Override it where that is something else, such as the number of tokens that are no padding.
        """
        return size_of(batch)

    def observe(self, outputs: Any, targets: Any) -> None:
        """Show outputs and targets to the metrics."""
        for metric in self._watching.values():
            metric.update(outputs, targets)

    # Without learning

    def evaluate(self, loader: Iterable[Any]) -> Row:
        """Return the mean loss and the metrics, without learning, with the layers in evaluation.

        Each batch counts by its samples (`count`); `_mean` turns its loss into a mean, as a number. What `observe` is
        shown meanwhile goes to copies of the metrics that begin at nothing, `_watching`, and afterwards again to those
        of the training. Before each batch, Ctrl-C may interrupt (`_interrupts.check()`).

        Returns:
            the figures by name: "loss", and the metrics' names; a matrix as a list of lists.
        """
        losses, metrics = Mean(), deepcopy(self.metrics)
        for metric in metrics.values():
            metric.reset()
        self._watching = metrics
        try:
            with no_grad(), evaluating(self.model):
                for batch in loader:
                    self._interrupts.check()
                    size = self.count(batch)
                    losses.update(self._mean(self.step(batch), size), size)
        finally:
            self._watching = self.metrics
        return merged(losses, metrics, self.communicator)

    def predict(self, loader: Iterable[Any]) -> Tensor:
        """Return the model's outputs for all samples, in the loader's order."""
        with no_grad(), evaluating(self.model):
            return cat([self.outputs(batch) for batch in loader])

    def outputs(self, batch: Any) -> Tensor:
        """Return the model's outputs for a batch, of which only the inputs are looked at."""
        outputs: Tensor = self.model(inputs_of(batch))
        return outputs

    def footprint(self, batch: Any) -> Footprint:
        """Return where the memory goes in a step with this batch; nothing is learned from it."""
        self._watching = {}
        try:
            return footprint(self.model, self.loss, self.optimizer, batch, step=self.step)
        finally:
            self._watching = self.metrics

    # Steps of the loop

    def _validate(self, loader: Iterable[Any]) -> Row:
        self._call("on_validation_start")
        try:
            return {f"val_{name}": value for name, value in self.evaluate(loader).items()}
        finally:
            self._call("on_validation_end")
            self.settled = True

    def _take(self, loss: Tensor, size: int) -> float:
        """Count the loss of a batch.

        Raises:
            TrainingError: it is not finite.
        """
        value = self._mean(loss, size)
        if self.stop_on_nan and not math.isfinite(value):
            rate = self.optimizer.param_groups[0]["lr"]
            message = (
                f"expected a finite loss; got {value} in epoch {self.epoch + 1}, step {self.steps + 1}: "
                f"lower the learning rate, {rate:g}, clip gradients (clip_norm=1.0), or look at the data"
            )
            raise TrainingError(message)
        self._losses.update(value, size)
        return value

    @property
    def _is_sum(self) -> bool:
        return getattr(self.loss, "reduction", "mean") == "sum"

    def _mean(self, loss: Tensor, size: int) -> float:
        return number(loss) / size if self._is_sum else number(loss)

    def _share_gradients(self, size: int) -> None:
        """Give all ranks the gradient of all their samples together."""
        if self.communicator.size > 1:
            found = [p.grad.data for p in self.model.parameters() if p.grad is not None]
            self.communicator.average(found, size)
