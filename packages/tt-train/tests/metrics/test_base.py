import math

import numpy as np
import pytest

import tt_core as tt
from tt_core.errors import StateError, TinyTorchError
from tt_train.metrics import Accuracy, Averaged, Mean, Metric, Perplexity, TopKAccuracy, collect


def distance(p: tt.Tensor, t: tt.Tensor) -> tt.Tensor:
    return (p - t).abs().mean()


class TestMean:
    def test_with_weights(self) -> None:
        m = Mean()
        m.update(tt.tensor(2.0), 3)
        m.update([1.0, 4.0], [1.0, 2.0])
        m.update([1.0, 1.0], 0.5)
        assert m.compute() == pytest.approx((6 + 1 + 8 + 1) / (3 + 3 + 1))

    def test_of_nothing(self) -> None:
        assert math.isnan(Mean().compute())

    def test_looks_like_its_value(self) -> None:
        m = Mean()
        m.update(2.0)
        assert repr(m) == "Mean(2.0)"


class TestAveraged:
    def test_a_mean_is_exact_for_uneven_batches(self) -> None:
        p, t = tt.tensor([1.0, 2.0, 3.0, 4.0, 9.0]), tt.zeros(5)
        m = Averaged(distance)
        m.update(p[:4], t[:4])
        m.update(p[4:], t[4:])
        assert m.compute() == pytest.approx(distance(p, t).item())
        assert m.name == "distance"


class TestMerge:
    def test_another_kind(self) -> None:
        with pytest.raises(StateError, match="expected a Mean to merge into one; got Accuracy"):
            Mean().merge(Accuracy())


class TestCollect:
    def test_names(self) -> None:
        assert list(collect([Accuracy(), TopKAccuracy(3), distance])) == ["accuracy", "top3_accuracy", "distance"]
        assert list(collect({"a": Accuracy(), "b": distance})) == ["a", "b"]
        assert collect(None) == {}

    def test_a_name_twice(self) -> None:
        with pytest.raises(TinyTorchError, match="got 'accuracy' again: give a dict"):
            collect([Accuracy(), Accuracy()])
        with pytest.raises(TinyTorchError, match="not 'loss'"):
            collect({"loss": Accuracy()})

    @pytest.mark.parametrize("wrong", [Accuracy, "accuracy", 3])
    def test_what_is_no_metric(self, wrong: object) -> None:
        with pytest.raises(TinyTorchError, match=r"expected a metric such as Accuracy\(\)"):
            collect([wrong])


class TestPerplexity:
    def test_is_exp_of_the_cross_entropy(self) -> None:
        logits, t = tt.randn(3, 7, 5), tt.tensor([[1, 2, -100, 3, 0]] * 3)
        m = Perplexity()
        m.update(logits[:2], t[:2])
        m.update(logits[2:], t[2:])
        assert m.compute() == pytest.approx(tt.functional.cross_entropy(logits.double(), t).exp().item(), rel=1e-12)

    def test_far_from_0_and_beyond(self) -> None:
        m = Perplexity()
        m.update([[1e4, 1e4]], [0])
        assert m.compute() == pytest.approx(2)
        m.update([[1e4, 0.0]], [1])
        assert m.compute() == math.inf

    def test_of_one_sample_and_of_none(self) -> None:
        m = Perplexity()
        m.update(np.zeros((0, 4)), np.zeros(0, np.int64))
        assert math.isnan(m.compute())
        m.update(np.zeros(4), np.array(2))
        assert m.compute() == pytest.approx(4)

    def test_shapes(self) -> None:
        with pytest.raises(TinyTorchError, match=r"logits of shape \[N, K, …\].*got \[3, 2\] and \[2\]"):
            Perplexity().update(np.zeros((3, 2)), [0, 1])
        with pytest.raises(TinyTorchError, match="expected targets from 0 to 1; got some from 2 to 2"):
            Perplexity().update(np.zeros((1, 2)), [2])


def test_a_metric_without_a_formula() -> None:
    with pytest.raises(NotImplementedError):
        Metric().update(1, 2)
    with pytest.raises(NotImplementedError):
        Metric[float]().compute()
