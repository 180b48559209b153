"""Metrics for Prometheus: workers count in shared memory, and a process of its own answers who asks for the numbers."""
