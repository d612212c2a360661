"""What the checks of module 09 do with your code."""

import numpy as np

import tt_core as tt
from tt_train import functional as F
from tt_train.spatial import folding, geometry, normalization
from tt_train.spatial.naive import convolution, pooling
from tt_train.spatial.naive import folding as columns
from tt_train.spatial.naive import normalization as naive_normalization
from tt_train.spatial.windows import strided

# windows


def spans(windows):
    return [geometry.span(kernel, dilation) for kernel, dilation in windows]


def steps(settings):
    return [geometry.steps(*each) for each in settings]


def taps(settings):
    return [[list(pair) for pair in convolution.taps(*each)] for each in settings]


# convolution


def convolved(x, weight, bias, settings):
    y = convolution.conv2d(x, weight, bias, **settings)
    return y, str(y.dtype)


def convolved_and_inputs(x, weight, bias, settings):
    convolution.conv2d(x, weight, bias, **settings)
    return [x, weight, bias]


def weight_received(x, y, size, settings):
    found = convolution.conv2d_weight(x, y, size=size, **settings)
    return found, str(found.dtype)


def channel_sum(x):
    found = convolution.channel_sum(x)
    return found, str(found.dtype)


def input_received(y, weight, size, settings):
    found = convolution.conv2d_input(y, weight, size=size, **settings)
    return found, str(found.dtype)


def gradients_of_conv2d(x, weight, bias, y, stride, padding):
    with tt.use_backend("naive"):
        leaves = [tt.tensor(each).requires_grad_() for each in (x, weight, bias)]
        (F.conv2d(*leaves, stride=stride, padding=padding) * tt.tensor(y)).sum().backward()
    return [leaf.grad for leaf in leaves]


# pooling


def windows_of(x, kernel, stride, padding, dilation=1):
    each = zip(x.shape[-2:], kernel, stride, padding, strict=True)
    return tuple(strided(size, k, s, p, dilation, ceil=False) for size, k, s, p in each)


def first_largest(x, places):
    found = pooling.first_largest(x, [tuple(place) for place in places])
    return None if found is None else list(found)


def pooled(x, kernel, stride, padding, dilation=1):
    y = pooling.max_pool(x, windows=windows_of(x, kernel, stride, padding, dilation))
    return y, str(y.dtype)


def pool_received(y, x, kernel, stride, padding):
    found = pooling.max_pool_input(y, x, None, windows=windows_of(x, kernel, stride, padding))
    return found, str(found.dtype)


def gradient_of_pool(x, y):
    with tt.use_backend("naive"):
        leaf = tt.tensor(x).requires_grad_()
        (F.max_pool2d(leaf, 2) * tt.tensor(y)).sum().backward()
    return leaf.grad


# windows as columns


def places(size, settings):
    return [list(each) for each in columns.places(size, **settings)]


def unfolded(x, settings):
    found = columns.unfold(x, **settings)
    return found, str(found.dtype)


def folded(x, size, settings):
    found = columns.fold(x, size=size, **settings)
    return found, str(found.dtype)


def gradient_of_unfold(x, y, kernel):
    with tt.use_backend("naive"):
        leaf = tt.tensor(x).requires_grad_()
        (F.unfold(leaf, kernel, padding=1, stride=2) * tt.tensor(y)).sum().backward()
    return leaf.grad


def conv2d_unfolded(x, weight, bias, stride, padding, dilation):
    with tt.use_backend("naive"):
        given = None if bias is None else tt.tensor(bias)
        return folding.conv2d_unfolded(tt.tensor(x), tt.tensor(weight), given, stride, padding, dilation)


def gradients_of_unfolded(x, weight, bias, y):
    with tt.use_backend("naive"):
        leaves = [tt.tensor(each).requires_grad_() for each in (x, weight, bias)]
        (folding.conv2d_unfolded(*leaves, stride=2, padding=1) * tt.tensor(y)).sum().backward()
    return [leaf.grad for leaf in leaves]


# batch norm


def moments(x):
    found = naive_normalization.moments(x)
    return found[0].astype(np.float64) + found[1], found[2], str(found.dtype)


def normalised(x, known, channel, place, eps):
    return naive_normalization.normalised(x, known, channel, tuple(place), eps)


def batch_norm(x, known, weight, bias, eps):
    y = naive_normalization.batch_norm(x, known, weight, bias, eps=eps)
    return y, str(y.dtype)


def trained(x, weight, bias, eps):
    y = naive_normalization.batch_norm(x, naive_normalization.moments(x), weight, bias, eps=eps)
    return y, str(y.dtype)


def moved(running, value, momentum):
    mine = tt.tensor(running)
    alias = mine.view(-1)
    normalization._move(mine, value, momentum)
    return mine, alias, str(mine.dtype)


def moved_nothing(value):
    return normalization._move(None, value, 0.1)


def running(x, momentum):
    mean, variance = tt.zeros(x.shape[1], dtype=x.dtype), tt.ones(x.shape[1], dtype=x.dtype)
    with tt.use_backend("naive"):
        F.batch_norm(tt.tensor(x), mean, variance, training=True, momentum=momentum)
    return mean, variance


def evaluated(x, mean, variance, weight, bias, eps):
    given = [None if each is None else tt.tensor(each) for each in (mean, variance, weight, bias)]
    with tt.use_backend("naive"):
        return F.batch_norm(tt.tensor(x), *given, training=False, eps=eps)


def norm_sums(y, x, known, eps):
    found = naive_normalization.batch_norm_sums(y, x, known, eps=eps)
    return found, str(found.dtype)


def norm_received(y, x, known, weight, sums, eps):
    found = naive_normalization.batch_norm_input(y, x, known, weight, sums, eps=eps)
    return found, str(found.dtype)


def gradients_of_norm(x, weight, bias, y, eps):
    with tt.use_backend("naive"):
        leaves = [tt.tensor(each).requires_grad_() for each in (x, weight, bias)]
        out = F.batch_norm(leaves[0], None, None, leaves[1], leaves[2], training=True, eps=eps)
        (out * tt.tensor(y)).sum().backward()
    return [leaf.grad for leaf in leaves]
