"""The figures of docs/explanation/benchmarks.md, measured: a bundle beside what a site would be shipped as instead."""
