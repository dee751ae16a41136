"""The self-test: drives the installed package through its public face, and says what held."""
