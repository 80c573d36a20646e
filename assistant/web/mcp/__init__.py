"""The face for other assistants: a Model Context Protocol server, on stdio and on the served application's ``/mcp``."""
