"""Frequencies of first-layer filters, and robustness to corruptions (Jia et al. 2019)."""
