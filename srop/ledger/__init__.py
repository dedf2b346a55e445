"""The ledger: the paper's claims judged by machine, and recorded runs."""
