"""Every option, declared once: reader, defaults, help, settings.ini and docs/reference derive from it."""

from __future__ import annotations

from typing import Any, NamedTuple

from django_pyz_runtime.config.values import (
    ADDRESS,
    ADDRESSES,
    AGENTS,
    BOOLEAN,
    PATH,
    POSITIVE,
    SECONDS,
    SIZE,
    TEXT,
    URL_PATH,
    Kind,
    choice,
    either,
    words_of,
)


class Option(NamedTuple):
    """An option of settings.ini.

    Attributes:
        name: its section and key, as "serve.bind".
        kind: its type.
        default: its default as text, or "" if the default is computed; `help` then says how.
        help: its purpose, in one or two sentences.
        example: a value for settings.ini where the default is no good example.
    """

    name: str
    kind: Kind
    default: str
    help: str
    example: str = ""

    @property
    def section(self) -> str:
        """Its section."""
        return self.name.partition(".")[0]

    @property
    def key(self) -> str:
        """Its name in the section."""
        return self.name.partition(".")[2]

    def parse(self, text: str) -> Any:
        """Parse a text.

        Raises:
            ValueError: the text is not valid for this option.
        """
        return self.kind.parse(text)


SECTIONS: dict[str, str] = {
    "project": "The project and its folders.",
    "env": "Variables for os.environ, set before the settings are read. The process's own environment wins.",
    "modules": "Python modules that the project expects each installation to provide: module name = path.",
    "settings": "Django settings, applied after the project's settings; each gets the type of the value it replaces.",
    "static": "Static files.",
    "serve": "The server that `runserve` starts.",
    "gunicorn": "Any gunicorn setting that [serve] does not cover.",
    "health": "Health endpoints for load balancers and probes; ALLOWED_HOSTS and redirects do not apply to them.",
    "log": "The server's log, on standard error.",
    "metrics": "Metrics on requests, workers and releases, for Prometheus.",
    "upgrade": "How `pyz upgrade` and `pyz rollback` treat the databases.",
    "services": "Processes beside the server, each with its own unit: name = a program of the installed packages or a "
    "management command, with arguments. An empty value disables a service that was built in.",
    "timers": "Management commands that run at set times (systemd.time(7)): command = times. Empty: disabled.",
}
"""The sections and their purposes, in the order of settings.ini."""

OPEN_SECTIONS: dict[str, tuple[str, ...]] = {
    "env": ("DATABASE_URL@file = /etc/{name}/database_url",),
    "modules": ("{name}.configuration = /etc/{name}/configuration.py",),
    "settings": (
        "DEBUG = false",
        "SECRET_KEY@credential = secret_key",
        "ALLOWED_HOSTS = www.example.org, example.org",
        "DATABASES.default = postgres://{name}@/{name}",
        "DATABASES.default.CONN_MAX_AGE = 60",
        "INSTALLED_APPS += one.more.app",
    ),
    "gunicorn": ("max_requests = 10000", "forwarded_allow_ips = 127.0.0.1"),
    "services": ("worker = celery -A {name} worker", "beat = celery -A {name} beat"),
    "timers": ("clearsessions = daily", "send_report --weekly = Mon 06:00"),
}
"""The sections with keys of the user's choice, each with examples."""

OPTIONS: tuple[Option, ...] = (
    Option(
        "project.settings_module",
        TEXT,
        "",
        "The settings module. Default: the one the project was built with.",
        "{name}.settings",
    ),
    Option(
        "project.data_dir",
        PATH,
        "",
        "Folder for the project's data: SQLite files, uploads, logs, the generated secret key. "
        "Default: $STATE_DIRECTORY, else /var/lib/{name} for root, else the user's data folder.",
        "/var/lib/{name}",
    ),
    Option(
        "project.cache_dir",
        PATH,
        "",
        "Folder for the unpacked code. Set it in this file or the environment only. "
        "Default: $CACHE_DIRECTORY, else /var/cache/{name} for root, else the user's cache folder.",
        "/var/cache/{name}",
    ),
    Option(
        "project.local_settings",
        PATH,
        "",
        "A Python file that runs last inside the settings module. Only root or the running user may write it.",
        "/etc/{name}/local.py",
    ),
    Option(
        "project.run_first",
        AGENTS,
        "",
        "Agents, such as a tracer, to start before the site in each worker, command and `pyz exec` program: "
        "MODULE or MODULE:FUNCTION. Set their variables in [env].",
        "opentelemetry.instrumentation.auto_instrumentation:initialize",
    ),
    Option("static.root", PATH, "", "Serve this folder instead of the built-in static files.", "/srv/static"),
    Option("static.url", TEXT, "", "Replaces STATIC_URL.", "/static/"),
    Option(
        "static.serve",
        choice("auto", "whitenoise", "off"),
        "auto",
        "whitenoise: the server itself serves static files. off: it leaves them to the web server in front. auto: "
        "whitenoise, unless STATIC_URL names another host.",
    ),
    Option(
        "serve.bind",
        ADDRESSES,
        "127.0.0.1:8000",
        "Addresses to listen on: HOST:PORT or unix:/path. Sockets passed by systemd come first.",
    ),
    Option(
        "serve.interface",
        choice("auto", "wsgi", "asgi"),
        "auto",
        "wsgi, or asgi for websockets and async views. auto: asgi if the project's ASGI application routes websockets "
        "or it has no WSGI application.",
    ),
    Option(
        "serve.workers",
        either("auto", POSITIVE),
        "auto",
        "Number of worker processes. auto: one more than the CPUs available to this process (cgroup limits count).",
    ),
    Option("serve.threads", POSITIVE, "4", "Threads per worker; an asgi worker has one, with an event loop."),
    Option("serve.timeout", SECONDS, "30", "Replace a worker that has not responded for this many seconds."),
    Option("serve.graceful_timeout", SECONDS, "30", "At a stop, wait this many seconds for running requests."),
    Option(
        "serve.head_timeout",
        SECONDS,
        "20",
        "The request line and headers must arrive within this many seconds, counted from the connection or from the "
        "first byte of a later request. 0: no limit.",
    ),
    Option(
        "serve.body_timeout",
        SECONDS,
        "30",
        "The body must average 500 bytes per second, measured over this many seconds. 0: no limit.",
    ),
    Option(
        "serve.body_limit",
        either("off", SIZE),
        "1g",
        "Maximum size of a request body; a larger one gets 413. For form data, see Django's "
        "DATA_UPLOAD_MAX_MEMORY_SIZE.",
    ),
    Option(
        "serve.body_total",
        either("off", SIZE),
        "4g",
        "Maximum total size of the request bodies that a worker keeps in temporary files, at least `body_limit`; "
        "requests beyond it get 503. Bodies below 128 KiB stay in memory and do not count.",
    ),
    Option(
        "serve.answer_timeout",
        SECONDS,
        "30",
        "The client must read a response at 500 bytes per second on average, measured over this many seconds. 0: no "
        "limit.",
    ),
    Option(
        "serve.migrations",
        choice("ready", "refuse", "warn"),
        "ready",
        "If migrations are unapplied, or the database has some that this release does not know: ready: the ready "
        "endpoint answers 503, and `--check` and a reload fail. refuse: the server does not start, either. warn: only "
        "log it.",
    ),
    Option(
        "serve.database_wait",
        SECONDS,
        "0",
        "At start, wait this many seconds for a database that cannot be reached, then exit with code 75. 0: no limit.",
    ),
    Option("health.live", either("off", URL_PATH), "/-/live", "Liveness: answers 200 while a worker responds."),
    Option("health.ready", either("off", URL_PATH), "/-/ready", "Readiness: 200 if every check passes, else 503."),
    Option(
        "health.checks",
        words_of("database", "migrations"),
        "database, migrations",
        "Checks of ready: database (each can be queried), migrations (none is unapplied or unknown). Together they "
        "may take 5 seconds; one probe at a time runs them, others get the last result.",
    ),
    Option("log.level", choice("debug", "info", "warning", "error", "critical"), "info", "Minimum log level."),
    Option("log.format", choice("plain", "json"), "plain", "plain: text lines. json: one JSON object per line."),
    Option("log.access", BOOLEAN, "false", "Log each request, on standard output."),
    Option(
        "metrics.bind",
        either("off", ADDRESS),
        "off",
        "Address on which `runserve` exposes metrics for Prometheus: HOST:PORT, such as 127.0.0.1:9100, or unix:/path. "
        "Anyone who can reach it can read them.",
    ),
    Option(
        "upgrade.migrate",
        choice("auto", "never"),
        "auto",
        "auto: an upgrade applies migrations. never: an upgrade with unapplied migrations is refused.",
    ),
    Option(
        "upgrade.backup",
        choice("auto", "off"),
        "auto",
        "auto: back up before migrations are applied or undone. off: make no backup.",
    ),
    Option(
        "upgrade.keep",
        POSITIVE,
        "3",
        "How many releases to keep on this host, the active one included; the previous one is always kept.",
    ),
    Option(
        "upgrade.online",
        choice("refuse", "pause"),
        "refuse",
        "If a migration would break the running release: refuse: the upgrade is refused. pause: until the new release "
        "serves, requests get 503 with Retry-After, and the services beside the server are stopped.",
    ),
)

BY_NAME: dict[tuple[str, str], Option] = {(option.section, option.key): option for option in OPTIONS}
