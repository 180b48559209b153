"""`pyz install`: the executable in /usr/bin, and its code unpacked beforehand, where every first start finds it."""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Callable
from pathlib import Path

from django_pyz_runtime.boot import installing, places, trust
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.boot.unpack import unpack
from django_pyz_runtime.bundle import seal
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.container import damaged, read_container
from django_pyz_runtime.bundle.names import absolute
from django_pyz_runtime.errors import UserError, system_reason

_LONGEST_START_SECONDS = 120


def add_to(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "install",
        help="put this file into /usr/bin, and its code where every first start finds it",
        description="Put this file into /usr/bin and unpack its code, owned by root, so that no first start has to. "
        "What is in place already stays. `pyz config init` writes the configuration.",
    )
    parser.add_argument("--root", metavar="DIR", default="/", help="install below this folder, for making packages")
    parser.add_argument("--print", action="store_true", dest="only_print", help="only say what would be done")
    parser.set_defaults(run=run)


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Install, and say what was done, a line each; the launcher has unpacked the release already (boot.installing).

    Raises:
        UserError: something cannot be written, another program is in the way, the file does not start from there, or
            others could change what was installed.
    """
    root = Path(absolute(options.root, "--root"))
    release = root / places.INSTALLED.format(name=bundle.manifest.name).lstrip("/") / bundle.build_id
    program = root / installing.PROGRAMS / bundle.manifest.script
    installing.check_program(str(program), bundle.manifest.name)
    steps: list[tuple[Path, bool, Callable[[Path], None]]] = [
        (release, release.is_dir(), lambda path: _unpack(bundle, path)),
        (program, _is_same(bundle.executable, program), lambda path: _copy(bundle.executable, path)),
    ]
    for path, is_there, make in steps:
        if not is_there and not options.only_print:
            seal.check(str(bundle.executable))
            _make(path, make)
        told = "is in place" if is_there else "would be written" if options.only_print else "written"
        print(f"{path}: {told}")
    if not options.only_print and root == Path("/"):
        _check_trust(release)
    return 0


def _make(path: Path, make: Callable[[Path], None]) -> None:
    try:
        installing.make_folder(str(path.parent))
        make(path)
    except trust.Untrusted as untrusted:
        raise UserError(str(untrusted), hint="Remove it.") from None
    except OSError as error:
        who = "Run it as root, or choose" if os.geteuid() else "Choose"
        raise UserError(
            f"{error.filename or path}: {system_reason(error)}", hint=f"{who} another folder with --root."
        ) from None


def _unpack(bundle: Bundle, release: Path) -> None:
    executable = str(bundle.executable)
    container = read_container(executable)
    if container.build_id != bundle.build_id:
        raise damaged(executable, "it was replaced while it was being installed")
    unpack(executable, container, str(release))


def _is_same(executable: Path, program: Path) -> bool:
    return program.is_file() and filecmp.cmp(executable, program, shallow=False)


def _copy(executable: Path, program: Path) -> None:
    """Put a program in place at once, and for good: whoever starts it has the old one or the new one, whole."""
    temporary = program.with_name(f".{program.name}.{os.getpid()}")
    try:
        with executable.open("rb") as source, temporary.open("wb") as target:
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())
        temporary.chmod(0o755)
        seal.check(str(temporary))
        _start(temporary, program)
        os.replace(temporary, program)
    finally:
        temporary.unlink(missing_ok=True)


def _start(temporary: Path, program: Path) -> None:
    """Start the file where it is about to be installed.

    Raises:
        UserError: it does not start there, with the reason that it gives.
    """
    try:
        done = subprocess.run(
            [temporary, "pyz", "info"],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LONGEST_START_SECONDS,
        )
        code, reason = done.returncode, done.stderr.strip() or f"exit code {done.returncode}"
    except (OSError, subprocess.TimeoutExpired) as error:
        code, reason = 1, system_reason(error)
    if code:
        raise UserError(
            f"{program}: not installed, as it does not start from {program.parent}:",
            *(f"  {line}" for line in reason.splitlines()),
            hint="What was there before stays. Mend that, and install again.",
        )


def _check_trust(release: Path) -> None:
    """Say so where the launcher would refuse what was installed.

    Raises:
        UserError: it would.
    """
    try:
        uid = os.geteuid()
        trust.check(os.path.join(trust.resolve(str(release.parent), uid), release.name), uid)
    except trust.Untrusted as reason:
        hint = f"{reason.mend or 'Change that'}, and install again."
        raise UserError(f"{release} will not be used: {reason}", hint=hint) from None
