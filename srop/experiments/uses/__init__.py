"""Uses of an SROP that the paper's Sec. 6 names: which channel, which data, and a low SROP on purpose."""
