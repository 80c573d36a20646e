"""The main path: a question becomes a cited, verified answer. Start with ``pipeline.py``."""
