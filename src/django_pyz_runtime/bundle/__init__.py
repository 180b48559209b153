"""What a bundle is: its manifest, its parts, its seal. The one door that the build wing imports through."""
