"""What only the services themselves can tell: asked side by side, each with its time."""
