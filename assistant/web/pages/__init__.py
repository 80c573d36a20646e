"""Plain pages beside the chat: the source reader, the library, the themes, signing in, the embedded page."""
