"""SROPs of rotated maps (Eq. 7)."""
