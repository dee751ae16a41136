"""What stands around the facade: arguments, results, sentences, and the loop for threads."""
