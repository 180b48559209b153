"""The `__main__` of the zip application.

On a Python that is too old it prints a message; 3.8 is the first that reads a zip archive with a comment.
"""

import sys

SCRIPT = ""
MODULES = [""]  # of the launcher, by their paths in the archive
CRC = 0  # of their sources
LAUNCH = ("", "", ("", False, 0, 0), False)  # the launcher's argument

if sys.version_info < (3, 11):
    sys.stderr.write(f"{SCRIPT}: wanted Python 3.11 or newer, found {sys.version_info[0]}.{sys.version_info[1]}\n")
    sys.exit(2)
try:
    from zipimport import zipimporter
    from zlib import crc32

    archive = zipimporter(sys.argv[0])
    is_damaged = crc32(b"".join(archive.get_data(path) for path in MODULES)) != CRC
except Exception:
    is_damaged = True
if is_damaged:
    sys.stderr.write(f"{SCRIPT}: {sys.argv[0]}: the file is damaged (its launcher is not what was built)\n")
    sys.stderr.write(f"{SCRIPT}: Copy it again from where it was built.\n")
    sys.exit(2)

from django_pyz_runtime.boot.launcher import launch

launch(*LAUNCH)
