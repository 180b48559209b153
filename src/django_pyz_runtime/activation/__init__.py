"""From a configuration to a project whose settings can be imported."""
