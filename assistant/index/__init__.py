"""Embedding, the vector store, BM25, and the builder that is the only writer of an index."""
