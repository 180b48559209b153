<<<<<<< HEAD
<<<<<<< HEAD
"""A release on a host: what runs, and what changes it."""
=======
"""Installs a site on a host, and tells of what runs there."""
>>>>>>> bb280cd (Write the files for a host from every bundle: pyz files)
=======
"""Installs, upgrades, backs up and tells of what runs."""
>>>>>>> fecfc63 (Install a site with one command: pyz install --system, pyz uninstall)
