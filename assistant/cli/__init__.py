"""Commands. Each module holds one group; nothing here is imported by the web face."""
