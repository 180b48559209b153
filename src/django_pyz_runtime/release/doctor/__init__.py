"""`pyz doctor`: everything that can be wrong around the file, each with its cure."""
