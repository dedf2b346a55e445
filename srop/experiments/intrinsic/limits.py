"""What an intrinsic dimension takes."""

TWONN_POINTS = 500
"""Points from which TwoNN is estimated, at least."""
