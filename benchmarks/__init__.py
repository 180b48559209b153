"""Measures the figures of docs/explanation/benchmarks.md: a bundle against the alternatives for shipping a site."""
