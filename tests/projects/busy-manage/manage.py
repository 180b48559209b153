#!/usr/bin/env python
import os
import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent
sys.path.insert(0, str(BASE_DIR / "apps"))
sys.path.append(os.path.join(str(BASE_DIR), "lib"))

from dotenv import load_dotenv  # noqa: E402

import toolbox  # noqa: E402

load_dotenv(BASE_DIR / ".env")


def main():
    toolbox.greet()
    os.environ.setdefault("SHOP_COUNTRY", "nl")
    if len(sys.argv) > 1 and sys.argv[1] == "test":
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings_test")
    else:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", os.environ.get("MANAGE_SETTINGS", "config.settings"))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
