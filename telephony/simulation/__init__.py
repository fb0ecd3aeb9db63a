"""The simulator: the engine of production under a fake clock, with made-up callers and agents."""
