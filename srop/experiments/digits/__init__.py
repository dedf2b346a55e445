"""Digits blended with a frog (Sec. 4.1 and 5.1 of the paper)."""
