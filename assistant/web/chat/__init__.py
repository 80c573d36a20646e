"""The chat page people use in a browser."""
