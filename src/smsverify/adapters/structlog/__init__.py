"""Events as log lines, with everything private masked."""
