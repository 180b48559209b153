"""What the project is: manage.py, its entry point, its modules, what it puts on sys.path."""
