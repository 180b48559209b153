"""Upgrades and rollbacks, without a machine."""
