"""The files that a site needs on its host, each for the names of its own bundle."""
