"""From a standalone question to ranked passages."""
