"""A phone's record as MessagePack bytes."""
