"""Checks of the configuration and of Django's settings: mistakes, names, debug pages, keys, time zone, mail, caches."""

from __future__ import annotations

import os
import re
import shlex
import socket
from collections.abc import Iterator

from django_pyz_runtime.config.configuration import Level
from django_pyz_runtime.release.doctor.facts import ROOT, Facts
from django_pyz_runtime.release.doctor.findings import BY_HAND, Check, DoesNotApply, Finding, Severity, Unknown
from django_pyz_runtime.release.doctor.web_server import nginx
from django_pyz_runtime.texts import nearest

_LOCAL = {"localhost", "127.0.0.1", "[::1]", "::1"}
_LOCAL_BINDS = ("127.", "[::1]", "localhost", "unix:", "fd://")
_PLACE = re.compile(r"(?P<path>/[^\n]*?):(?P<line>\d{1,9}): (?P<text>.*)", re.DOTALL)
_MEANT = re.compile(r", did you mean ([^?]+)\?")
_NO_ZONE = re.compile(r"TIME_ZONE: .* has no time zone '([^']+)'")
"""The message about an unknown time zone (activation.settings_errors)."""
_CONSOLE = "django.core.mail.backends.console.EmailBackend"


def configuration(facts: Facts) -> Iterator[Finding]:
    """The configuration has no mistakes."""
    for problem in facts.configuration.problems:
        found = _PLACE.fullmatch(problem)
        where, text = (f"{found['path']}:{found['line']}", found["text"]) if found else ("", problem)
        yield Finding(Severity.ERROR, text, where, cure=_correction(facts, problem, found))


def _correction(facts: Facts, problem: str, found: re.Match[str] | None) -> str:
    check = f"`{facts.program} pyz config check` then says whether it is right"
    if "may not read it" in problem:
        return facts.by(ROOT, f"{facts.program} pyz doctor")
    if found is None:
        mended = re.search(r": ((?:as root: )?(?:chmod|chown|chgrp|setfacl) .*)", problem)
        return mended[1] if mended else f"{BY_HAND}correct that; {check}"
    if meant := _MEANT.search(found["text"]):
        line = _line(found["path"], int(found["line"]))
        key, equals, value = line.partition("=")
        if equals:
            return f"in {found['path']}, line {found['line']}: {meant[1]} = {value.strip()}{_then(facts)}"
        if key.strip().startswith("["):
            return f"in {found['path']}, line {found['line']}: [{meant[1]}]{_then(facts)}"
    return f"{BY_HAND}correct line {found['line']} of {found['path']}; {check}"


def _then(facts: Facts) -> str:
    return f"; then: {facts.reload_command}" if facts.reload_command else ""


def _line(path: str, number: int) -> str:
    try:
        with open(path, encoding="utf-8-sig") as file:
            return file.read().splitlines()[number - 1]
    except (OSError, ValueError, IndexError):
        return ""


def imports(facts: Facts) -> Iterator[Finding]:
    """The settings can be imported and the apps loaded."""
    if facts.configuration.problems:
        raise Unknown("the configuration has mistakes")
    for name, what in (("settings_error", "cannot be imported"), ("apps_error", "cannot load its apps")):
        if problem := facts.seen.get(name):
            lines = str(problem).splitlines()
            where = f"{facts.manifest.settings_module} as user {facts.user}"
            cure = lines[-1] if len(lines) > 1 else f"look at it: {facts.ours('check')}"
            cure = BY_HAND + cure[:1].lower() + cure[1:]
            yield Finding(Severity.ERROR, what, where, "; ".join(lines), cure=cure)


def allowed_hosts(facts: Facts) -> Iterator[Finding]:
    """Requests are answered for the host names that the web server in front and the addresses use."""
    allowed: list[str] = facts.settings["allowed_hosts"]
    named = nginx(facts.site).names
    refused = {name: file for name, file in named.items() if not _is_allowed(name, allowed)}
    wanted = [name for name in allowed if name not in _LOCAL]
    if refused:
        text = ", ".join(dict.fromkeys([*allowed, *refused]))
        where = ", ".join(sorted(set(refused.values())))
        what = "requests for names that nginx passes on are rejected"
        found = f"ALLOWED_HOSTS = {', '.join(allowed) or 'nothing'}"
        cure = facts.edit("settings", "ALLOWED_HOSTS", text)
        yield Finding(Severity.ERROR, what, where, found, ", ".join(refused), cure)
    elif not wanted and (facts.has_units or _is_open(facts)) and not named:
        what = "only requests for localhost are answered, as ALLOWED_HOSTS names no other host"
        host = socket.getfqdn()
        cure = facts.edit("settings", "ALLOWED_HOSTS", host)
        yield Finding(Severity.WARNING, what, "ALLOWED_HOSTS", ", ".join(allowed), f"its names, such as {host}", cure)
    elif "*" in allowed and not facts.configuration.is_silent:
        what = "requests for any name are answered, so links in mail can be forged"
        cure = facts.edit("settings", "ALLOWED_HOSTS", ", ".join(named) or socket.getfqdn())
        yield Finding(Severity.INFO, what, "ALLOWED_HOSTS", "*", "the names of the site", cure)


def _is_open(facts: Facts) -> bool:
    """Whether other machines can reach the server."""
    return not all(bind.startswith(_LOCAL_BINDS) for bind in facts.option("serve", "bind"))


def _is_allowed(name: str, allowed: list[str]) -> bool:
    """As in django.http.request.validate_host; *.example.org stands for any name below."""
    host = name.removeprefix("*").lower()
    return any(
        pattern == "*"
        or pattern.lower() == host
        or (pattern.startswith(".") and (host.endswith(pattern.lower()) or host == pattern[1:].lower()))
        for pattern in allowed
    )


def debug(facts: Facts) -> Iterator[Finding]:
    """No error page shows settings or code."""
    is_chosen = facts.configuration.level("settings", "DEBUG") > Level.SEALED
    # Otherwise a server switches it off, whatever the project says (activation.zero_config).
    if facts.settings["debug"] and (is_chosen or facts.option("project", "local_settings")):
        severity = Severity.ERROR if facts.has_units else Severity.WARNING
        said = facts.value("settings", "DEBUG")
        where = said.source if said else str(facts.option("project", "local_settings"))
        what = "error pages show settings and code to everyone"
        yield Finding(severity, what, where, "DEBUG on", "DEBUG off", facts.edit("settings", "DEBUG", "false"))


def secret_key(facts: Facts) -> Iterator[Finding]:
    """Nobody can guess the key that signs sessions."""
    weakness = facts.settings["weak_key"]
    if not weakness or facts.settings["is_key_generated"]:
        return
    key = facts.settings_ini.parent / "secret_key"
    quoted, user, said = shlex.quote(str(key)), facts.user, facts.value("settings", "SECRET_KEY")
    group = f" && chgrp {user} {quoted} && chmod 640 {quoted}" if facts.has_user else ""
    made = f"(umask 077; python3 -c 'import secrets; print(secrets.token_urlsafe(50))' > {quoted}){group}"
    cure = facts.edit("settings", "SECRET_KEY@file", str(key), facts.by_writer_of(key, made))
    where = said.source if said else facts.manifest.settings_module
    yield Finding(Severity.ERROR, "the secret key can be guessed", where, f"one that {weakness}", "a long one", cure)


def time_zone(facts: Facts) -> Iterator[Finding]:
    """This machine knows the site's time zone."""
    # With an unknown name the settings cannot be imported.
    refused = _NO_ZONE.search(str(facts.seen.get("settings_error")))
    if not refused and not facts.settings["time_zone_problem"]:
        return
    from zoneinfo import available_timezones

    zone = refused[1] if refused else str(facts.settings["time_zone"])
    known = available_timezones()
    if zone not in known and (meant := nearest(zone, known)):
        cure = facts.edit("settings", "TIME_ZONE", meant)
    elif "PYTHONTZPATH" in os.environ:
        cure = f"{BY_HAND}unset PYTHONTZPATH"
    else:
        cure = facts.by(ROOT, "apt-get install --yes tzdata")
    yield Finding(Severity.ERROR, "the time zone is not known", f"TIME_ZONE = {zone}", cure=cure)


def email(facts: Facts) -> Iterator[Finding]:
    """The mail server answers."""
    mail = facts.settings["email"]
    if mail is None:
        raise DoesNotApply("mail does not go by SMTP")
    if not (error := facts.look("email")["error"]):
        return
    where = f"{mail['host']}:{mail['port']}"
    if mail["is_chosen"]:
        cure = f"{BY_HAND}start the mail server at {where}"
        yield Finding(Severity.ERROR, "no mail can be sent", where, error, "a greeting, 220", cure)
    else:
        cure = facts.edit("settings", "EMAIL_BACKEND", _CONSOLE)
        what = "no mail server is configured, and none is on this machine; mail can go to the log"
        yield Finding(Severity.INFO, what, where, error, cure=cure)


def caches(facts: Facts) -> Iterator[Finding]:
    """Every cache answers."""
    looks = {alias: facts.look(f"cache {alias}") for alias in facts.settings["caches"]}
    if all(seen.get("is_own") for seen in looks.values()):
        raise DoesNotApply("caches are in the memory of each process")
    for alias, seen in looks.items():
        if seen["error"]:
            cache = facts.settings["caches"][alias]
            is_table = cache["backend"].endswith("db.DatabaseCache")
            cure = (
                facts.ours("createcachetable")
                if is_table
                else f"{BY_HAND}start the cache server at {cache['location']}"
            )
            yield Finding(Severity.ERROR, "does not answer", f"the cache {alias!r}", seen["error"], "an answer", cure)


CHECKS = (
    Check("configuration", "the configuration has no mistakes", configuration),
    Check("settings", "the settings can be imported and the apps loaded", imports),
    Check("allowed-hosts", "requests are answered for the site's names", allowed_hosts),
    Check("debug", "error pages show no settings or code", debug),
    Check("secret-key", "the secret key cannot be guessed", secret_key),
    Check("time-zone", "this machine knows the site's time zone", time_zone),
    Check("email", "the mail server answers", email),
    Check("caches", "every cache answers", caches),
)
