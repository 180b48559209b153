<<<<<<< HEAD
"""Tests of release/."""
=======
"""Tests of the release."""
>>>>>>> bb280cd (Write the files for a host from every bundle: pyz files)
