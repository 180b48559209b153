"""Collects facts for `pyz doctor` about the site's settings, databases, caches and mail server.

Runs in a separate process, as the user who serves the site, so that settings which hang or exit, or a server that does
not answer, cost no more than their time. Each fact is a line of JSON on standard output, [name, value], written as soon
as it is known. No data is written: no folders, no key, no database.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

from django_pyz_runtime.activation.activate import Activation, Purpose
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.doctor import look_network
from django_pyz_runtime.release.doctor.certificates import files_of
from django_pyz_runtime.release.site import read_settings
from django_pyz_runtime.secrets.redaction import redacted

LIMIT_SECONDS = 5.0
"""How long a database, a cache or a mail server may take to answer; all are asked at once."""
_SMTP = "django.core.mail.backends.smtp.EmailBackend"
_WEAK_KEY_LETTERS, _SHORTEST_KEY = 5, 50
_INSECURE = "django-insecure-"
"""As in Django's check security.W009."""

Say = Callable[[str, object], None]


def main(bundle: Bundle, arguments: Arguments) -> int:
    """Report all facts; does not return, as some answers may never come."""
    say = _channel()
    try:
        activation = read_settings(bundle, arguments, Purpose.SHOW)
        say("settings", _settings(activation))
    except (Exception, SystemExit) as error:
        say("settings_error", _told(error))
        os._exit(1)
    has_apps = _set_up(say)
    _ask_all(say, _questions(bundle, has_apps=has_apps))
    os._exit(0)


def _channel() -> Say:
    """A function that writes facts to the original standard output; output of the project is discarded."""
    descriptor, lock = os.dup(1), threading.Lock()
    os.dup2(2, 1)

    def say(name: str, value: object) -> None:
        line = json.dumps([name, value]).encode() + b"\n"
        with lock:
            while line:
                line = line[os.write(descriptor, line) :]

    return say


def _told(error: BaseException) -> str:
    text = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
    return redacted(text)


def _set_up(say: Say) -> bool:
    """Load the apps, without opening log files."""
    import django
    from django.conf import settings

    settings.LOGGING_CONFIG = None
    try:
        django.setup()
    except (Exception, SystemExit) as error:
        say("apps_error", _told(error))
        return False
    say("apps", True)
    return True


def _settings(activation: Activation) -> dict[str, Any]:
    from django.conf import settings

    databases = dict(settings.DATABASES)
    return {
        "allowed_hosts": [str(host) for host in settings.ALLOWED_HOSTS],
        "debug": bool(settings.DEBUG),
        "weak_key": _weakness(str(settings.SECRET_KEY)),
        "is_key_generated": activation.generated_key,
        "time_zone": str(settings.TIME_ZONE),
        "time_zone_problem": _time_zone_problem(),
        "email": _email(settings),
        "databases": {alias: _database_facts(databases[alias]) for alias in databases},
        "caches": {alias: _cache_facts(cache) for alias, cache in dict(settings.CACHES).items()},
        "static_root": str(settings.STATIC_ROOT or ""),
        "static_url": str(settings.STATIC_URL or ""),
    }


def _database_facts(database: Mapping[str, Any]) -> dict[str, Any]:
    facts = {key.lower(): str(database.get(key) or "") for key in ("ENGINE", "NAME", "HOST", "PORT", "USER")}
    return {**facts, "certificates": files_of(dict(database.get("OPTIONS") or {}))}


def _cache_facts(cache: Mapping[str, Any]) -> dict[str, str]:
    return {"backend": str(cache.get("BACKEND", "")), "location": redacted(str(cache.get("LOCATION", "")))}


def _weakness(key: str) -> str:
    """The weakness of a secret key, by Django's check security.W009; "" for a good one."""
    if key.startswith(_INSECURE):
        return f"begins with {_INSECURE}, as one for development does"
    if len(key) < _SHORTEST_KEY:
        return f"has {len(key)} characters"
    if len(set(key)) < _WEAK_KEY_LETTERS:
        return f"has {len(set(key))} different characters"
    return ""


def _time_zone_problem() -> str:
    from django_pyz_runtime.release.time_zone import check_time_zone

    try:
        check_time_zone()
    except UserError as error:
        return error.problem
    return ""


def _email(settings: Any) -> dict[str, Any] | None:
    """The SMTP server for mail; None if mail does not use SMTP."""
    if getattr(settings, "EMAIL_BACKEND", "") != _SMTP:
        return None
    return {
        "host": str(settings.EMAIL_HOST),
        "port": int(settings.EMAIL_PORT),
        "is_tls": bool(settings.EMAIL_USE_SSL),
        "is_chosen": bool(settings.is_overridden("EMAIL_HOST") or settings.is_overridden("EMAIL_PORT")),
    }


def _questions(bundle: Bundle, *, has_apps: bool) -> dict[str, Callable[[], object]]:
    """The questions to servers, by the names of the facts."""
    from django.conf import settings
    from django.db import connections

    asked: dict[str, Callable[[], object]] = {}
    for alias in connections:
        asked[f"database {alias}"] = look_network.DatabaseLook(bundle, alias, has_apps=has_apps).answer
    for alias in settings.CACHES:
        asked[f"cache {alias}"] = look_network.CacheLook(alias).answer
    if mail := _email(settings):
        asked["email"] = look_network.MailLook(mail["host"], mail["port"], mail["is_tls"], LIMIT_SECONDS).answer
    return asked


def _ask_all(say: Say, questions: Mapping[str, Callable[[], object]]) -> None:
    """Ask all at once; report those that have not answered in time as silent."""
    done = threading.Semaphore(0)
    open_questions = set(questions)

    def ask(name: str) -> None:
        try:
            value = questions[name]()
        except BaseException as error:
            value = {"error": _told(error)}
        open_questions.discard(name)
        say(name, value)
        done.release()

    for name in questions:
        threading.Thread(target=ask, args=(name,), daemon=True).start()
    import time

    deadline = time.monotonic() + LIMIT_SECONDS
    for _ in questions:
        if not done.acquire(timeout=max(0.0, deadline - time.monotonic())):
            break
    for name in sorted(open_questions):
        say(name, {"error": f"no answer within {LIMIT_SECONDS:g} seconds", "is_silent": True})
