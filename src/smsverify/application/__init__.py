"""Use cases: the order of effects. No rule is decided here, and no technology is known."""
