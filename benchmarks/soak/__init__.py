"""The soak: the sample served for minutes, under mixed traffic and upgrades, watched for failures and leaks."""
