"""The layers of the digit network."""

DIGIT_LAYERS = ("conv1", "relu1", "conv2", "relu2", "pool")
"""The layers that give maps, in the order of the forward pass."""
