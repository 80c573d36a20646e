"""Conversations and feedback in a database."""
