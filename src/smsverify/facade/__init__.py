"""What stands around the facade: arguments checked, results built, sentences, the loop of threads."""
