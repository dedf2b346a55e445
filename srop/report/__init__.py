"""The report of a run: its pages, its captions, and where its time went."""
