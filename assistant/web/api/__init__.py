"""The JSON face: ask, search, sources, feedback and conversations over HTTP."""
