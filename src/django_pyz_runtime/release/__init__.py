<<<<<<< HEAD
"""A release on a host: what runs, and what changes it."""
=======
"""Installs a site on a host, and tells of what runs there."""
>>>>>>> bb280cd (Write the files for a host from every bundle: pyz files)
