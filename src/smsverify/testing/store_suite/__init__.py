"""The parts of the store's contract, each a class of tests; see ``store_contract``."""
