"""What ships with the package: prices and senders that need no service."""
