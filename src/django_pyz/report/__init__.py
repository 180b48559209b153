"""The output of a build: progress, a one-screen summary, and a full report as a file."""
