"""The parts of the command ``srop``: its checks, its measurements and its files."""
