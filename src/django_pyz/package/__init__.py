"""Makes packages for Debian and for distributions with RPM of a file that was built."""
