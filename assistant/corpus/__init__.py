"""Documents: loading, importing from files and addresses, splitting into passages."""
