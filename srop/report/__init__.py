"""The article that a run ends with: its chapters, numbers and verdicts, and where the time went."""
