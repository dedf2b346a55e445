"""Data: digits, photographs and noise, as tensors."""
