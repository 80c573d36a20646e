"""Small programs for working on the project; `make help` names them."""
