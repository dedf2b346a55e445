"""Natural and robust networks for CIFAR-10, and the frequencies that they need (after Wang et al. 2020)."""
