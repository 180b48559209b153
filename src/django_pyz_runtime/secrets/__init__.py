"""What is secret, and keeping it out of messages, logs, reports and other users' hands."""
