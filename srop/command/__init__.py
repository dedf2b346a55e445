"""What the command ``srop`` does: what is checked first, what is measured, what is written."""
