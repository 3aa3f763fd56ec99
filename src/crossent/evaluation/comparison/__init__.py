"""Two models on the same rows, and groups of rows beside one another."""
