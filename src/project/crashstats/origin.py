"""How a page got to its visitor: out of which file, and served by what."""

import platform
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from zipfile import is_zipfile

import django
from django.conf import settings
from django.http import HttpRequest


@dataclass(frozen=True)
class Origin:
    """
    The executable file that this site was packed into, and what became of it.

    The code is where the file has unpacked it. The server is empty if it does not tell its name.
    """

    file: Path
    code: Path
    server: str
    django: str = django.get_version()
    python: str = platform.python_version()

    @property
    def short_code(self) -> str:
        """The folder of the code to read: of a digest in its path, only the beginning."""
        return re.sub(r"([0-9a-f]{8})[0-9a-f]{24,}", r"\1…", str(self.code))

    @property
    def command(self) -> str:
        """The file as a shell wants it."""
        return shlex.quote(str(self.file))

    @property
    def sample_file(self) -> str:
        """Crash reports to try the site with, as a shell wants it."""
        return shlex.quote(str(self.code / "crashstats" / "fixtures" / "sample_crashes.jsonl"))


def origin_of(request: HttpRequest) -> Origin | None:
    """
    Return where a page comes from.

    None if the site was not packed, and for visitors from elsewhere: the paths are none of their business.
    """
    file = Path(sys.argv[0])
    if not _is_from_this_machine(request) or not is_zipfile(file):
        return None
    server = request.META.get("SERVER_SOFTWARE", "").replace("/", " ")
    return Origin(file, settings.BASE_DIR, server)


def _is_from_this_machine(request: HttpRequest) -> bool:
    """Tell whether no proxy stands between the visitor and this server, and both are on one machine."""
    return request.META.get("REMOTE_ADDR") in settings.INTERNAL_IPS and "X-Forwarded-For" not in request.headers
