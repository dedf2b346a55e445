"""Limits of the estimate of intrinsic dimensions."""

TWONN_POINTS = 500
"""The least number of points for TwoNN."""
