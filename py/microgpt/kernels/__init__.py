"""The same steps as the algorithm's, as loops over flat arrays, and where each array lies."""
