"""What the rules' caller needs from the world: one Protocol a file, in domain types only."""
