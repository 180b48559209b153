"""Metrics for Prometheus: workers count in shared memory, and a separate process answers scrapes."""
