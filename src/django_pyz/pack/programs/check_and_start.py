"""Run by the first lines of a bundle: checks the file and starts its launcher.

Arguments: the number of arguments after the file, the file, and those. The shell quotes this code, so it must not
contain a single quote.
"""

import marshal
import sys

START = 0  # of the launcher, in bytes from the start of the file
LENGTH = 0  # of the launcher, in bytes; it is stored twice
SIZE = 0  # of the file, in bytes
BUILD_ID = ""  # at the end of the launcher
CACHE_TAG = ""  # of the Python that the launcher is compiled for
TELL_DAMAGE = ""  # a program, compiled only when it is needed

count = sys.argv.pop(1)
try:
    with open(sys.argv[1], "rb") as file:
        size = file.seek(0, 2)
        file.seek(START)
        head = file.read(LENGTH)
        again = file.read(LENGTH)
except OSError:
    size = 0
if size == SIZE and head == again and head.endswith(BUILD_ID.encode()) and count == str(len(sys.argv) - 2):
    if sys.implementation.cache_tag != CACHE_TAG:
        import os

        os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
    launcher = marshal.loads(head)
    exec(marshal.loads(launcher["start"]))
exec(TELL_DAMAGE)
