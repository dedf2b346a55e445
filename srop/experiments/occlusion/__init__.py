"""Which frequencies of their input networks lean on (Wang et al. 2020)."""
