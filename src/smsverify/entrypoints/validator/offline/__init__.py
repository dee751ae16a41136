"""What can be judged from the settings alone: one file per concern, one table of all."""
