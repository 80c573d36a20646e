"""The HTTP face: the server, the chat page and the source reader."""
