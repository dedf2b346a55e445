"""The documents: what README and docs quote of recorded runs, and their pictures."""
