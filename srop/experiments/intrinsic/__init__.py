"""Intrinsic dimension and the SROP (Sec. 5.3)."""
