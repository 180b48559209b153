"""The build wing: turns a Django project's source tree into one executable file. It is never part of a bundle."""

__version__ = "1.0.0b1"
