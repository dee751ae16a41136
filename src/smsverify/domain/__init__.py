"""The rules: pure functions over frozen values; no I/O, clock, randomness, logging or settings."""
