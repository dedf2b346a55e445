"""SROPs of turned maps (Eq. 7)."""
