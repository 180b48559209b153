"""Every option, declared once: reader, defaults, help, settings_ini and docs/reference derive from it."""

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
        default: its default as text, or "" where the default is worked out; `help` then says how.
        help: what it is for, in one or two sentences.
        example: a value for settings_ini where the default would not do.
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
        """The value of a text.

        Raises:
            ValueError: the text does not fit.
        """
        return self.kind.parse(text)


SECTIONS: dict[str, str] = {
    "project": "The project and its places.",
    "env": "Variables for os.environ, set before the settings are read. The process's own environment wins.",
    "modules": "Python modules that each installation writes for itself, where the project expects some: name to path.",
    "settings": "Django settings, applied after the project's settings were read; typed as the value they replace.",
    "static": "The static files that are built in.",
    "serve": "The server that `runserve` starts.",
    "gunicorn": "Any setting of gunicorn, for what [serve] does not have.",
    "health": "Paths that answer load balancers and probes, whatever ALLOWED_HOSTS and redirects say.",
    "log": "The server's log, on standard error.",
    "metrics": "Numbers about requests, workers and releases, for Prometheus.",
    "upgrade": "What `pyz upgrade` and `pyz rollback` do with the databases.",
    "services": "What runs beside the server, as units of their own: a name, and a program of the packages or a "
    "management command with its arguments. No command switches one off that was built in.",
    "timers": "Management commands that run at set times (systemd.time(7)): command = times. No times switch one off.",
}
"""The sections, each with its purpose, in the order of settings.ini."""

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
"""The sections whose keys are not ours, each with examples."""

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
        "Where the project's data goes: SQLite files, uploads, logs, the generated secret key. "
        "Default: $STATE_DIRECTORY, else /var/lib/{name} for root, else the user's data folder.",
        "/var/lib/{name}",
    ),
    Option(
        "project.cache_dir",
        PATH,
        "",
        "Where the unpacked code lives (in this file or the environment only). "
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
        "Agents to run before the site, in each worker, command and program of `pyz exec`, such as a tracer: "
        "MODULE or MODULE:FUNCTION. Their variables go into [env].",
        "opentelemetry.instrumentation.auto_instrumentation:initialize",
    ),
    Option("static.root", PATH, "", "Serve the files in this folder instead of those built in.", "/srv/static"),
    Option("static.url", TEXT, "", "Replaces STATIC_URL.", "/static/"),
    Option(
        "static.serve",
        choice("auto", "whitenoise", "off"),
        "auto",
        "Who serves static files: whitenoise does; auto does unless STATIC_URL names another host; off leaves it to "
        "the web server in front.",
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
        "How the server talks to the project: wsgi, or asgi for websockets and async views. auto: asgi where the "
        "project has an ASGI application that routes websockets, or no WSGI one.",
    ),
    Option(
        "serve.workers",
        either("auto", POSITIVE),
        "auto",
        "Worker processes. auto: one more than the CPUs this process may use, counting cgroup limits.",
    ),
    Option("serve.threads", POSITIVE, "4", "Threads of each worker; with asgi there is one, with an event loop."),
    Option("serve.timeout", SECONDS, "30", "Seconds after which a worker that does not respond is replaced."),
    Option("serve.graceful_timeout", SECONDS, "30", "Seconds that running requests are given at a stop."),
    Option(
        "serve.head_timeout",
        SECONDS,
        "20",
        "Seconds in which the head of a request must come: from the connection, or the first byte of the next request. "
        "0: no limit.",
    ),
    Option(
        "serve.body_timeout",
        SECONDS,
        "30",
        "Seconds, in each of which periods a request's body must come at 500 bytes a second on average. 0: no limit.",
    ),
    Option(
        "serve.body_limit",
        either("off", SIZE),
        "1g",
        "The largest body of a request; a larger one is answered with 413. What a form may hold is Django's "
        "DATA_UPLOAD_MAX_MEMORY_SIZE.",
    ),
    Option(
        "serve.body_total",
        either("off", SIZE),
        "4g",
        "What all bodies that a worker has in temporary files may hold together, at least one of `body_limit`; what "
        "goes beyond is answered with 503. Bodies below 128 KiB are in memory and do not count.",
    ),
    Option(
        "serve.answer_timeout",
        SECONDS,
        "30",
        "Seconds, in each of which periods a client that an answer waits for must take 500 bytes a second on average. "
        "0: no limit.",
    ),
    Option(
        "serve.migrations",
        choice("ready", "refuse", "warn"),
        "ready",
        "What follows where migrations are missing, or the database has some that this release does not know. ready: "
        "ready answers 503, and `--check` and a reload are refused. refuse: the start, too. warn: nothing but a line "
        "in the log.",
    ),
    Option(
        "serve.database_wait",
        SECONDS,
        "0",
        "Seconds that a start waits for a database that is away; after that it ends with exit code 75. 0: no limit.",
    ),
    Option("health.live", either("off", URL_PATH), "/-/live", "Answers 200 while a worker can answer."),
    Option("health.ready", either("off", URL_PATH), "/-/ready", "Answers 200 when every check passes, else 503."),
    Option(
        "health.checks",
        words_of("database", "migrations"),
        "database, migrations",
        "What ready looks at: database (each can be queried), migrations (none is missing or unknown). Together they "
        "have 5 seconds; one probe at a time asks them, others get the last result.",
    ),
    Option("log.level", choice("debug", "info", "warning", "error", "critical"), "info", "Least level that is logged."),
    Option("log.format", choice("plain", "json"), "plain", "plain lines, or one JSON object a line."),
    Option("log.access", BOOLEAN, "false", "Whether each request is logged, on standard output."),
    Option(
        "metrics.bind",
        either("off", ADDRESS),
        "off",
        "An address of its own on which `runserve` tells metrics, for Prometheus: HOST:PORT, such as 127.0.0.1:9100, "
        "or unix:/path. Whoever reaches it may read them.",
    ),
    Option(
        "upgrade.migrate",
        choice("auto", "never"),
        "auto",
        "auto: an upgrade applies migrations. never: it is refused while some are to be applied.",
    ),
    Option(
        "upgrade.backup",
        choice("auto", "off"),
        "auto",
        "auto: a backup is made before migrations are applied or undone. off: none is.",
    ),
    Option(
        "upgrade.keep",
        POSITIVE,
        "3",
        "How many releases stay on this host, with the one in force; the one before it stays in any case.",
    ),
    Option(
        "upgrade.online",
        choice("refuse", "pause"),
        "refuse",
        "What follows where the release that serves could not live with a migration. refuse: the upgrade is refused. "
        "pause: until the new one serves, requests are answered with 503 and Retry-After, and what runs beside the "
        "server is stopped.",
    ),
)

BY_NAME: dict[tuple[str, str], Option] = {(option.section, option.key): option for option in OPTIONS}
