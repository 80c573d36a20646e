"""Plain pages beside the chat: the source reader, the library, signing in, the embedded page."""
