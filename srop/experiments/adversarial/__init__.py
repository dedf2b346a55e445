"""Attacks on digit networks, and networks trained under attack."""
