"""The browser's face: the chat page, the source reader and the JSON routes, on one server."""

import os

# Gradio reads these once, when it is imported: nothing is reported anywhere.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
