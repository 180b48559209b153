"""From the first line of the file to a tree that is trusted; most of it runs before anything is unpacked."""
