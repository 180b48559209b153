"""The steps that need systemd: migrate as the site's user, enable, start, wait until the site is ready."""

from __future__ import annotations

from collections.abc import Iterator

from django_pyz_runtime.release import record
from django_pyz_runtime.release.files.files import enabled_units, service_units
from django_pyz_runtime.release.install import machine
from django_pyz_runtime.release.install.plan import Plan
from django_pyz_runtime.release.install.program import Program
from django_pyz_runtime.release.install.ready import is_ready, wait
from django_pyz_runtime.release.install.steps import Step
from django_pyz_runtime.release.install.text_files import holds

_NO_DATABASE = "settings.DATABASES is improperly configured"
"""Django's message for a project without a database (django.db.backends.dummy)."""


class Changes:
    """The changes of an installation that concern running services.

    Attributes:
        units: names of the written and removed units.
        has_settings: whether settings.ini was written.
    """

    def __init__(self) -> None:
        self.units: set[str] = set()
        self.has_settings = False


class Services:
    """The services of a site.

    Args:
        plan: the plan.
        program: the executable and its code.
        changes: the changes before these steps.
    """

    def __init__(self, plan: Plan, program: Program, changes: Changes) -> None:
        self._plan = plan
        self._site = plan.site
        self._program = program
        self._changes = changes

    def steps(self) -> Iterator[Step]:
        """All steps in their order."""
        site = self._site
        yield Step("systemd", self._has_read_units, self._read_units, "reloaded")
        yield Step("migrations", self._is_migrated, self._migrate, "applied")
        yield Step(f"{site.name}.target", self._is_enabled, self._enable, "enabled")
        yield Step(f"{site.name}.service", self._runs, self._start, "started")
        ready = (site, self._plan.health, self._plan.bundle.build_id)
        page = f"{site.socket}{self._plan.health}"
        yield Step(page, lambda: is_ready(*ready), lambda: wait(*ready), "ready", "is ready")

    def _has_read_units(self) -> bool:
        if self._changes.units or not all(holds(self._plan.path(file.place), file.text) for file in self._plan.files):
            return False
        return all(machine.unit_property(unit, "NeedDaemonReload") == "no" for unit in self._units)

    def _read_units(self) -> None:
        machine.systemctl("daemon-reload")

    def _is_migrated(self) -> bool:
        if machine.user_home(self._site.user) is None or not self._program.is_in_place:
            return False
        done = machine.completed_as(self._site, "migrate", "--check")
        return done.returncode == 0 or _NO_DATABASE in done.stderr

    def _migrate(self) -> None:
        machine.run_as(self._site, "migrate", "--noinput")

    @property
    def _units(self) -> list[str]:
        return enabled_units(self._plan.files)

    def _is_enabled(self) -> bool:
        return all(machine.succeeds("systemctl", "is-enabled", "--quiet", unit) for unit in self._units)

    def _enable(self) -> None:
        machine.systemctl("enable", *self._units)

    def _runs(self) -> bool:
        """Whether all services run in their current form, and the web server runs this release."""
        is_new = self._changes.has_settings or not self._changes.units.isdisjoint(self._units)
        return not is_new and all(map(machine.is_active, self._units)) and self._is_of_this_release()

    def _is_of_this_release(self) -> bool:
        """Whether the web server runs this release, and no reload is under way."""
        servers = [one for one in record.running(self._site.name, None) if one.text("role") == record.WEB]
        is_own = any(one.text("build") == self._plan.bundle.build_id for one in servers)
        return is_own and machine.unit_property(f"{self._site.name}.service", "ActiveState") == "active"

    def _start(self) -> None:
        service, web_socket = f"{self._site.name}.service", f"{self._site.name}.socket"
        for unit in self._units:
            machine.succeeds("systemctl", "reset-failed", unit)
        if machine.is_active(service) and web_socket in self._changes.units:
            machine.systemctl("stop", service)
        elif machine.is_active(service) and service not in self._changes.units:
            machine.systemctl("reload", service)
        services = service_units(self._site, self._plan.files)
        changed = [unit for unit in self._units if unit in self._changes.units and unit not in services]
        for unit in sorted(changed, key=lambda unit: unit != web_socket):
            machine.systemctl("try-restart", unit)
        for unit in services:
            # A worker first finishes its tasks, which may take long; the next one runs this release.
            machine.systemctl("try-restart", "--no-block", unit)
        machine.systemctl("start", f"{self._site.name}.target")
        failed = [unit for unit in self._units if machine.unit_property(unit, "ActiveState") == "failed"]
        if failed or not machine.is_active(service):
            unit = next(iter(failed), service)
            raise machine.Failed(f"systemctl start {self._site.name}.target: {unit} fails\n{machine.last_words(unit)}")
