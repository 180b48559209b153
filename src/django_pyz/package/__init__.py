"""Makes .deb and .rpm packages from a built file."""
