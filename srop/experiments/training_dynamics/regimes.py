"""The regimes of training: the healthy one, and titles of those in the project's own configuration."""

HEALTHY = "healthy"
"""The regime that the others are compared with."""

REGIME_TITLES = {
    HEALTHY: "healthy",
    "high_rate": "learning rate too high",
    "dying_relus": "dying ReLUs",
    "permuted_labels": "permuted labels",
}
"""Titles of the regimes in the project's own configuration."""
