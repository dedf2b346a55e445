"""Digit networks trained under attack, attacks on them, and the frequencies that attacks change."""
