"""Reading requests: strict framing, time limits, and the workers that do it."""
