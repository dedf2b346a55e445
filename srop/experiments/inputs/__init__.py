"""The inputs themselves: photographs and noise (Figure 1)."""
