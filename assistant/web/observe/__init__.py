"""What whoever runs the server needs: request ids, problems, logs, metrics, health, traces."""
