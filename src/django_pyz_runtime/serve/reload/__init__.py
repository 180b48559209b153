"""Starting, reloading and stopping: the master, its workers and whom it reports to."""
