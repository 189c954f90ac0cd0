"""What the intermediate form becomes: a module for each target, with a function `encode`."""
