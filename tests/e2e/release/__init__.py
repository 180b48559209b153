<<<<<<< HEAD
"""A release on a machine: what it does beside serving."""
=======
"""Sites that are installed on a host."""
>>>>>>> bb280cd (Write the files for a host from every bundle: pyz files)
