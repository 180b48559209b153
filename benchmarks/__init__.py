"""The figures of the README, measured: a bundle beside what a site would be shipped as instead."""
