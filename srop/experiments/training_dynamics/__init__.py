"""The digit network from random to trained, and trainings that go wrong (Sec. 6 of the paper)."""
