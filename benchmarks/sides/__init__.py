"""What is measured: one module a side, each with what a round of it is."""
