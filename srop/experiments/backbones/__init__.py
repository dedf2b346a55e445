"""Layers of backbones, random and trained (Sec. 4.2, 5.2 and 5.3)."""
