from __future__ import annotations

import doctest
import pickle
from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core.errors import DTypeError, ShapeError
from tt_train import transforms as T
from tt_train.data import DataLoader, TensorDataset

from .batches import LAYOUTS, images

RANDOM = [
    T.RandomCrop(6),
    T.RandomCrop((5, 4), padding=2),
    T.RandomCrop(8, 2, padding_mode="reflect"),
    T.RandomCrop((9, 4), pad_if_needed=True),
    T.RandomHorizontalFlip(),
    T.RandomTranslate(2),
    T.Cutout(3),
    T.RandomErasing(),
    T.RandomAffine(20, (0.1, 0.2), (0.8, 1.2), 5),
    T.ColorJitter(0.3, 0.3),
]
ALL = [*RANDOM, T.Normalize([0.1, 0.2, 0.3], [0.5, 0.6, 0.7]), T.ToFloat(), T.Pad(2)]


@pytest.mark.parametrize("transform", ALL, ids=str)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_memory_and_type_of_the_input_do_not_matter(transform: Any, layout: Any) -> None:
    x = images()
    plain = transform(x, tt.Generator(3))
    assert np.allclose(transform(LAYOUTS[layout](x), tt.Generator(3)).data, plain.data)
    if x.dtype == tt.uint8 and not isinstance(transform, (T.Normalize, T.ToFloat)):
        floating = transform(x.float(), tt.Generator(3))
        assert floating.dtype == tt.float32
        assert np.abs(floating.data.clip(0, 255) - plain.data).max() <= 0.51  # rounded


@pytest.mark.parametrize("transform", ALL, ids=str)
def test_the_batch_that_is_given_stays_as_it_is(transform: Any) -> None:
    x = images()
    before = x.data.copy()
    changed = transform(x, tt.Generator(0))
    changed.data[...] = 7
    assert np.array_equal(x.data, before)


@pytest.mark.parametrize("transform", RANDOM, ids=str)
def test_the_seed_decides(transform: Any) -> None:
    x = images(8)
    first, again, other = (transform(x, tt.Generator(seed)).data for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    tt.manual_seed(1)
    assert np.array_equal(transform(x).data, first)


@pytest.mark.parametrize("transform", RANDOM, ids=str)
def test_images_of_a_batch_are_changed_differently(transform: Any) -> None:
    x = tt.as_tensor(np.repeat(images(1).data, 16, 0))
    assert len(np.unique(transform(x, tt.Generator(0)).data, axis=0)) > 1


@pytest.mark.parametrize("transform", ALL, ids=str)
def test_an_empty_batch_stays_empty(transform: Any) -> None:
    assert len(transform(images()[:0], tt.Generator(0))) == 0


@pytest.mark.parametrize("transform", ALL, ids=str)
def test_labels_pass_through_and_tuples_and_lists_stay_so(transform: Any) -> None:
    x, y = images(), tt.arange(4)
    changed, labels, extra = transform((x, y, "extra"), tt.Generator(0))
    assert labels is y
    assert extra == "extra"
    assert np.array_equal(changed.data, transform(x, tt.Generator(0)).data)
    assert isinstance(transform([x, y], tt.Generator(0)), list)


@pytest.mark.parametrize("transform", [*ALL, T.Mixup(0.2, 10), T.CutMix(1.0, 10), T.OneHot(3)], ids=str)
def test_transforms_can_be_sent_to_other_processes(transform: Any) -> None:
    assert pickle.loads(pickle.dumps(transform)) == transform


def test_compose_passes_one_generator_on() -> None:
    x = images(8)
    crop, flip = T.RandomCrop(6), T.RandomHorizontalFlip()
    generator = tt.Generator(5)
    expected = flip(crop(x, generator), generator)
    both = T.Compose([crop, flip])
    assert np.array_equal(both(x, generator=tt.Generator(5)).data, expected.data)
    assert repr(both) == f"Compose([{crop}, {flip}])"


def test_compose_takes_plain_functions() -> None:
    def noisy(batch: Any, generator: Any = None) -> Any:
        return batch + tt.rand(batch.shape, generator=generator)

    chain = T.Compose([lambda batch: batch * 2, noisy, T.Compose([])])
    x = tt.ones(2, 1, 3, 3)
    assert np.array_equal(chain(x, tt.Generator(1)).data, (x * 2 + tt.rand(2, 1, 3, 3, generator=tt.Generator(1))).data)


def test_a_loader_gives_each_batch_its_own_numbers_whatever_the_number_of_threads() -> None:
    data = TensorDataset(images(12), tt.arange(12))
    chain = T.Compose([T.RandomCrop(8, 2), T.RandomHorizontalFlip(), T.ToFloat()])
    passes = [
        [x.data for x, _ in DataLoader(data, 4, transform=chain, generator=tt.Generator(1), prefetch=n)] for n in (0, 2)
    ]
    assert all(np.array_equal(a, b) for a, b in zip(*passes, strict=True))
    assert not np.array_equal(passes[0][0], T.ToFloat()(data.tensors[0][:4]).data)


@pytest.mark.parametrize("wrong", [tt.zeros(3, 8, 8), np.zeros((2, 3, 8, 8)), tt.zeros(2, 2)])
def test_what_is_no_batch_of_images_is_refused(wrong: Any) -> None:
    with pytest.raises(ShapeError, match=r"expected a tensor of images \(B, C, H, W\)"):
        T.RandomHorizontalFlip()(wrong)


def test_a_generator_of_numpys_is_refused() -> None:
    with pytest.raises(DTypeError, match=r"expected generator=tt_core\.Generator"):
        T.RandomHorizontalFlip()(images(), np.random.default_rng(0))


@pytest.mark.parametrize("module", ["values", "base", "geometry", "holes", "affine", "mixing"])
def test_examples_in_docstrings_hold(module: Any) -> None:
    import importlib

    assert doctest.testmod(importlib.import_module(f"tt_train.transforms.{module}")).failed == 0


def test_every_name_is_exported() -> None:
    assert sorted(T.__all__) == T.__all__
    assert all(hasattr(T, name) for name in T.__all__)
