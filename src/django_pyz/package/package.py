"""`django-pyz package`: makes packages from a file, step by step."""

from __future__ import annotations

import calendar
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path

from django_pyz import epoch
from django_pyz.pack import output_file
from django_pyz.package import deb, documents, facts, rpm
from django_pyz.package.contents import Entry, contents, placed, stage
from django_pyz.package.scripts import scripts
from django_pyz.report.progress import Progress
from django_pyz.stage.scratch import scratch_folder
from django_pyz_runtime.errors import UserError, system_reason

_EARLIEST = 946684800
"""2000-01-01: Debian's tools take much older files for a mistake."""


def package(
    file: Path, kinds: Sequence[str], output: Path | None, maintainer: str, revision: int, progress: Progress
) -> list[Path]:
    """Write packages from a built file.

    Args:
        file: the file.
        kinds: "deb", "rpm".
        output: the folder to write to, or the file for one package; default: the folder of the file.
        maintainer: name and address; "" to take them from the environment.
        revision: the number of the package of one project version.
        progress: shows each step.

    Returns:
        The packages.

    Raises:
        UserError: the file is not a bundle, or a package cannot be made.
    """
    file = file.absolute()
    name = _project_in(file)
    who = facts.check_maintainer(maintainer or facts.maintainer_of(os.environ))
    if "rpm" in kinds:
        rpm.find_program()
    seconds = _time_of(file)
    with scratch_folder() as scratch:
        with progress.step("Installing the file below a folder"):
            staged = stage(file, name, _folder(scratch / "root"))
        said = facts.facts_of(staged, who, revision)
        entries = [
            *contents(staged, said.documents),
            Entry(f"{said.documents}/copyright", documents.copyright_text(staged.manifest, seconds)),
        ]
        written = []
        for kind in kinds:
            own_name = {"deb": deb.name_of, "rpm": rpm.name_of}[kind](said)
            path = facts.file_name(output or file.parent, own_name)
            output_file.check_writable(path.absolute())
            with progress.step(f"Writing {path}"):
                if kind == "deb":
                    deb.write(path, said, placed(entries, kind), scripts(kind, staged), seconds)
                else:
                    rpm.write(
                        path, said, placed(entries, kind), scripts(kind, staged), seconds, _folder(scratch / "rpm")
                    )
            written.append(path)
    return written


def _project_in(file: Path) -> str:
    """The name of the project in a file.

    Raises:
        UserError: it is not a bundle.
    """
    try:
        file.open("rb").close()
    except OSError as error:
        raise UserError(f"{file}: {system_reason(error)}", hint="Give a file built by django-pyz.") from None
    name = output_file.project_in(file)
    if not name:
        raise UserError(
            f"{file}: wanted a file built by django-pyz, found another one", hint="Build one: django-pyz build"
        )
    return name


def _time_of(file: Path) -> int:
    """The timestamp for packages: SOURCE_DATE_EPOCH, else the one in the file; the same for the same file."""
    if os.environ.get(epoch.VARIABLE):
        seconds = epoch.source_date_epoch()
    else:
        with zipfile.ZipFile(file) as archive:
            seconds = max(calendar.timegm((*member.date_time, 0, 0, 0)) for member in archive.infolist())
    return max(seconds, _EARLIEST)


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
