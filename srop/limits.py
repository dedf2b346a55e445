"""Constants that decide results, and that the configuration is checked against, which does without torch."""

DIGIT_LAYERS = ("conv1", "relu1", "conv2", "relu2", "pool")
"""Layers of the digit network that give maps."""

TWONN_POINTS = 500
"""The fewest images from which an intrinsic dimension is estimated."""
