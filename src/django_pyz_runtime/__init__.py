"""The run wing: what lives in every bundle, a guest in the process of somebody's Django project.

It imports nothing but the standard library until the project has been activated, and never the build wing.
"""
