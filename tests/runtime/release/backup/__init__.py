"""Tests of release/backup/."""
