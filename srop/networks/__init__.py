"""Networks: how they are built, their weights, and training."""
