"""The files that a site needs on its host, with the names of its bundle."""
