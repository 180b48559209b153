"""`pyz doctor`: find problems of the site and its host, each with a fix."""
