"""Tests of what tells metrics."""
