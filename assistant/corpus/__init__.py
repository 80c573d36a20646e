"""Loading documents, importing them from files and addresses, and slicing them into passages."""
