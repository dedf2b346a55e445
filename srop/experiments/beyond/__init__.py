"""Figures that the field asks for, beyond the four papers."""
