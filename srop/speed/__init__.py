"""The project's speed, compared with yardsticks."""
