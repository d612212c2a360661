"""The core primitives and their NumPy kernels: what every backend has to be able to do.

elementwise   add, mul, exp, where, cast …      one number in, one number out
reductions    sum, amax, argmax, cumsum …       many numbers in, fewer out
linalg        matmul, einsum                    products of matrices
shapes        reshape, getitem, gather, cat …   the same numbers in another arrangement
neural        linear, softmax, gelu …           fused for precision or memory traffic
"""
