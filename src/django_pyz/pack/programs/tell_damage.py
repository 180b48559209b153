"""Runs if a bundle differs from what was built: starts the file that replaced it meanwhile, else reports the damage.

The shell quotes this code inside a text, so it must contain neither a single quote nor three double ones.
"""

import os
import sys

START = 0  # of the launcher, in bytes from the start of the file
SIZE = 0  # of the file as it was built, in bytes

size = 0
try:
    with open(sys.argv[1], "rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        first = file.read(START)
    if first.startswith(b"#!/bin/sh") and sys.orig_argv[3].encode() not in first:
        os.execv(sys.argv[1], sys.argv[1:])
except Exception:
    pass
why = f"{size} bytes, built with {SIZE}" if size != SIZE else "its first part is not what was built"
name = os.path.basename(sys.argv[1])
try:
    status = os.fstat(2)
    is_journal = os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"
except OSError:
    is_journal = False
led = f"<3>{name}" if is_journal else name
sys.stderr.write(f"{led}: {sys.argv[1]}: the file is damaged ({why})\n")
sys.stderr.write(f"{led}: Copy it again from where it was built.\n")
sys.exit(2)
