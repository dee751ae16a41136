"""What the host gives: its clock and its randomness."""
