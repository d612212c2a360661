"""The spatial primitives and their NumPy kernels.

convolution   conv2d and its two gradients, which are closed under differentiation
channelwise   the same where each output sees one channel
folding       unfold and fold: windows as columns, and back
padding       borders that reflect, repeat or wrap around
pooling       the largest number or the mean of each window, and the ways back
normalization moments of channels, and what is normalised with them, in both directions
resampling    weighted sums of pixels, and the way back

lines, blocks    what several of them share: long lines, windows as matrices
"""
