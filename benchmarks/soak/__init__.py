"""The soak test: serves the sample for minutes under mixed traffic and upgrades, and looks for failures and leaks."""
