"""Help without a network: a page for each topic, and an entry for each message, found by the message's text."""
