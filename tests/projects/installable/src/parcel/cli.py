import os
import sys
from importlib.metadata import version


def main():
    if sys.argv[1:] == ["--version"]:
        print("parcel", version("parcel"))
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parcel.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
