"""Checks of systemd units: as installed, read, enabled, running, listening and logging."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release import record
from django_pyz_runtime.release.doctor.facts import ROOT, Facts
from django_pyz_runtime.release.doctor.findings import BY_HAND, Check, Finding, Severity, Unknown
from django_pyz_runtime.release.doctor.modes import group_of, has_members, mode_of
from django_pyz_runtime.release.doctor.web_server import nginx
from django_pyz_runtime.release.install import machine
from django_pyz_runtime.release.install.checks import OPERATORS_UNITS, taken
from django_pyz_runtime.release.install.text_files import holds
from django_pyz_runtime.release.listeners import SYSTEMD, pid_in, unit_of

_INSTALL = "\n[Install]\n"
_OPEN_MODE = 0o666
_FOLDERS = (OPERATORS_UNITS, "/run/systemd/system", "/usr/local/lib/systemd/system")
"""Where an operator changes units (systemd.unit(5), Unit file load path)."""


def files(facts: Facts) -> Iterator[Finding]:
    """The units are those that `pyz install --system` writes."""
    for file in facts.wanted_units:
        path = Path(file.place)
        if not path.exists():
            yield Finding(Severity.ERROR, "is not there", str(path), cure=_install(facts))
        elif not holds(path, file.text):
            what = "differs from what this release and its configuration need"
            yield Finding(Severity.WARNING, what, str(path), cure=_install(facts))
    wanted = {Path(file.place).name for file in facts.wanted_units}
    for path in facts.units:
        if path.name not in wanted:
            what = "is of a service or timer that is no longer configured"
            yield Finding(Severity.WARNING, what, str(path), cure=_install(facts))


def _install(facts: Facts) -> str:
    return facts.by(ROOT, f"{facts.program} pyz install --system")


def drop_ins(facts: Facts) -> Iterator[Finding]:
    """Nobody has changed units. A change may be on purpose; it explains differences of this host."""
    for file in facts.wanted_units:
        unit = Path(file.place).name
        for folder in _FOLDERS:
            whole = Path(folder, unit)
            changes = [path for path in sorted(Path(folder, f"{unit}.d").glob("*.conf")) if path.is_file()]
            for path in (*([whole] if whole.is_file() else ()), *changes):
                what = "replaces the unit" if path == whole else "changes the unit"
                cure = facts.by(ROOT, f"systemctl revert {shlex.quote(unit)}")
                severity = Severity.WARNING if path == whole else Severity.INFO
                yield Finding(severity, what, str(path), cure=cure)


def read(facts: Facts) -> Iterator[Finding]:
    """systemd has read the current units."""
    for unit in _names(facts):
        if machine.unit_property(unit, "NeedDaemonReload") == "yes":
            yield Finding(
                Severity.WARNING,
                "systemd has not read its last change",
                unit,
                cure=facts.by(ROOT, "systemctl daemon-reload"),
            )
            return


def enabled(facts: Facts) -> Iterator[Finding]:
    """The site starts with the machine."""
    for file in facts.wanted_units:
        unit = Path(file.place).name
        if _INSTALL in file.text and Path(file.place).exists():
            state = machine.unit_property(unit, "UnitFileState")
            if state not in ("enabled", "enabled-runtime"):
                verb = (
                    f"systemctl unmask {unit} && systemctl enable" if state.startswith("masked") else "systemctl enable"
                )
                cure = facts.by(ROOT, f"{verb} {shlex.quote(unit)}")
                yield Finding(Severity.ERROR, "does not start with the machine", unit, state, "enabled", cure)


def running(facts: Facts) -> Iterator[Finding]:
    """No unit of the site has failed, and all units that should always run do so."""
    name = facts.site.name
    always = {f"{name}.target", f"{name}.socket", *(f"{name}-{one.name}.service" for one in facts.site.services)}
    always |= {f"{name}-{one.name}.timer" for one in facts.site.timers}
    for unit in _names(facts):
        state = machine.unit_property(unit, "ActiveState")
        quoted = shlex.quote(unit)
        if state == "failed":
            said = machine.last_words(unit, 3) or machine.unit_property(unit, "Result")
            cure = facts.by(ROOT, f"systemctl reset-failed {quoted} && systemctl start {quoted}")
            yield Finding(Severity.ERROR, "has failed", unit, said, cure=cure)
        elif state == "inactive" and unit in always:
            cure = facts.by(ROOT, f"systemctl start {quoted}")
            yield Finding(Severity.ERROR, "does not run", unit, state, "active", cure)


def port(facts: Facts) -> Iterator[Finding]:
    """No other program has an address of the site."""
    if any(one.text("role") == record.WEB for one in facts.processes):
        return
    try:
        streams = facts.site.streams if facts.has_units else facts.site.streams[1:]
    except UserError as error:
        raise Unknown(error.problem) from None
    if facts.has_units and machine.is_active(f"{facts.site.name}.socket"):
        return
    for stream in streams:
        for problem in taken(stream, set()):
            pid = pid_in(problem)
            found = problem.partition(" by ")[2] or problem
            units = machine.units_at(stream) if pid == SYSTEMD else [unit_of(pid)] if pid else []
            if pid == SYSTEMD and units:
                found = f"systemd, for {units[0]}"
            stop = _stop(pid, [unit for unit in units if unit])
            if stop and facts.has_units:
                stop += f" && systemctl start {shlex.quote(facts.site.name)}.target"
            cure = (
                facts.by(ROOT, stop)
                if stop
                else f"{BY_HAND}choose another one, {facts.edit('serve', 'bind', 'HOST:PORT')}"
            )
            yield Finding(Severity.ERROR, "another program listens there", stream, found, "nobody", cure)


def _stop(pid: int, units: list[str]) -> str:
    """The command that stops a process or its units; "" where there is none."""
    if units:
        return f"systemctl stop {shlex.join(units)}"
    return f"kill {pid}" if pid > SYSTEMD else ""


def socket(facts: Facts) -> Iterator[Finding]:
    """The socket is there, and the web server in front may write to it."""
    facts.need_units()
    path, unit = Path(facts.site.socket), f"{facts.site.name}.socket"
    if not machine.is_active(unit):
        raise Unknown(f"{unit} is not active")
    if not path.is_socket():
        # The sockets can be created again only while no service uses them.
        service, target = f"{facts.site.name}.service", f"{facts.site.name}.target"
        cure = facts.by(ROOT, f"systemctl stop {service} {unit} && systemctl start {target}")
        yield Finding(Severity.ERROR, "is not there although systemd listens at it", str(path), cure=cure)
        return
    user = nginx(facts.site).user
    if not _may_write(path, user):
        mode = mode_of(path)
        cure = facts.by(ROOT, f"chmod {mode | stat.S_IROTH | stat.S_IWOTH:o} {shlex.quote(str(path))}")
        said = machine.unit_property(unit, "SocketMode")
        if said and int(said, 8) & _OPEN_MODE != _OPEN_MODE:
            cure = facts.by(ROOT, _open_socket(unit, facts.site.name))
        who = f"user {user}, as which nginx runs, may not write to it" if user else "a web server may not write to it"
        severity = Severity.ERROR if user else Severity.WARNING
        yield Finding(severity, who, str(path), f"mode {mode:04o}, group {group_of(path)}", "mode 0666", cure)


def _open_socket(unit: str, name: str) -> str:
    """The commands that open a socket to which a unit forbids access."""
    folder = f"{OPERATORS_UNITS}/{unit}.d"
    return (
        f"mkdir -p {folder} && printf '[Socket]\\nSocketMode=0666\\n' > {folder}/zz-mode.conf && "
        f"systemctl daemon-reload && systemctl stop {name}.service {unit} && systemctl start {name}.target"
    )


def _may_write(path: Path, user: str) -> bool:
    import pwd

    status = path.stat()
    if status.st_mode & stat.S_IWOTH:
        return True
    try:
        account = pwd.getpwnam(user)
        groups = os.getgrouplist(user, account.pw_gid)
    except KeyError:
        return not user and has_members(status.st_gid)
    is_of_group = status.st_gid in groups and status.st_mode & stat.S_IWGRP
    return bool(account.pw_uid == 0 or account.pw_uid == status.st_uid or is_of_group)


def journal(facts: Facts) -> Iterator[Finding]:
    """The log of the site is kept, also over a restart of the machine."""
    for unit in _names(facts):
        if unit.endswith(".service"):
            for stream in ("StandardError", "StandardOutput"):
                if machine.unit_property(unit, stream) == "null":
                    cure = facts.by(ROOT, f"systemctl revert {shlex.quote(unit)}")
                    yield Finding(Severity.WARNING, "its log goes nowhere", unit, f"{stream}=null", "journal", cure)
    if not any(Path("/var/log/journal").glob("*/system.journal")):
        cure = "mkdir -p /var/log/journal && systemd-tmpfiles --create --prefix /var/log/journal"
        cure = facts.by(ROOT, f"{cure} && systemctl restart systemd-journald && journalctl --flush")
        what = "the journal is lost when the machine is started again"
        yield Finding(Severity.WARNING, what, "/var/log/journal", "no journal there", cure=cure)


def _names(facts: Facts) -> list[str]:
    return [path.name for path in facts.units]


# In the order of their fixes: a running unit may need those before it.
CHECKS = (
    Check("unit-files", "the units are those that an installation writes", files),
    Check("unit-changes", "nobody has changed a unit", drop_ins),
    Check("unit-read", "systemd has read the current units", read),
    Check("unit-enabled", "the site starts with the machine", enabled),
    Check("port", "no other program has an address of the site", port),
    Check("unit-running", "all of the site runs", running),
    Check("socket", "the socket is there and can be written", socket),
    Check("journal", "the log of the site is kept", journal),
)
