"""The parts of a bundle: manifest, blocks, seal. The interface between the two wings."""
