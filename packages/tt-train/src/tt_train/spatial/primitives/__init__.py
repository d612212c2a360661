"""The spatial primitives and their NumPy kernels.

convolution   conv2d and its two gradients, which are closed under differentiation
channelwise   the same where each output sees one channel
folding       unfold and fold: windows as columns, and back
padding       borders that reflect, repeat or wrap around
"""
