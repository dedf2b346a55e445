"""The schedule of a run on machines of any size."""
