"""What touches the world: one folder a technology, one file a port; no adapter knows another."""
