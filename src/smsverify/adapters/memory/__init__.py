"""Records and counters in this process's memory."""
