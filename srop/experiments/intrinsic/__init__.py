"""Intrinsic dimension beside the SROP (Sec. 5.3)."""
