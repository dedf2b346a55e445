"""The project's speed beside yardsticks."""
