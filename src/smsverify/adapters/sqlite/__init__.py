"""Records and counters in one file that the processes of a machine share."""
