"""Runs in the Python that a bundle is built for, with the staged tree first on its sys.path.

Protocol: `python -ISB in_process.py SITE_PACKAGES BYTECODE TASK [ARGUMENT ...]`, where BYTECODE is a folder with
the tree's bytecode (see django_pyz_runtime.bundle.bytecode_finder), "" for none, and TASK is

    static     run collectstatic or compress; the arguments are the file to write, for a JSON object with the fields of
               `staged_project.Written` and "commands", the management commands as plain values, the command, and a
               command line of the bundle that runs it
    facts      import the settings and write a JSON object; the arguments are the file to write, a variable to unset
               first ("" for none), and options before a command. The object has "readings", with the
               fields of `variables.reading.Reading` each, and the other fields of `staged_project.Facts`; if
               the import fails, only readings, with an exit code other than 0; if it fails for a missing variable,
               with code 0, also {"missing": [str], "problem": str}, with the names of the variables
    apps       load the apps and write a JSON object: "unmigrated", those with models but no migrations, to their
               folders, and "commands"; the arguments are the file to write, and a command line of the bundle that
               loads them
    gzip       write a compressed file next to each file of a folder that gets smaller

On an error it ends with a code other than 0 and the reason on standard error.

Files of the tree may be hard links to an installer's cache: before one is written to, the link is cut. Writes by C
libraries and other programs go unnoticed.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import pkgutil
import shutil
import stat
import sys
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_SQLITE = "django.db.backends.sqlite3"
_SAVES = {"save", "_save", "delete", "post_process"}
"""Methods of storages."""
_CHANGES = {"os.chmod", "os.chown", "os.setxattr", "os.truncate", "os.utime", "sqlite3.connect"}


def main(argv: list[str]) -> int:
    """Run a task."""
    site_packages, bytecode, task, *arguments = argv
    sys.addaudithook(partial(_cut_before_writing, os.path.realpath(site_packages) + os.sep))
    sys.path.append(site_packages)
    if bytecode:
        _import_from(bytecode, site_packages)
    _make_wing_importable()
    if task != "gzip":
        from django_pyz.stage import target_folders

        target_folders.do_without(site_packages, os.getcwd())
    return {"static": static, "facts": facts, "apps": apps, "gzip": gzip}[task](site_packages, arguments)


def _import_from(bytecode: str, site_packages: str) -> None:
    """Use the bytecode of the tree, as the bundle will."""
    from django_pyz_runtime.bundle import bytecode_finder

    bytecode_finder.install(bytecode, {site_packages: ""}, is_complete=False, is_unpacked=False)


def _make_wing_importable() -> None:
    """Make modules of the build wing importable without installing it here."""
    package = ModuleType("django_pyz")
    package.__path__ = [str(Path(__file__).parent.parent)]
    sys.modules[package.__name__] = package


def _cut_before_writing(tree: str, event: str, arguments: tuple[Any, ...]) -> None:
    """Receives every audit event of the process (https://docs.python.org/3/library/audit_events.html)."""
    if event in _CHANGES or (event == "open" and type(arguments[2]) is int and arguments[2] & _WRITES):
        _cut(tree, arguments[0])


def _cut(tree: str, path: Any) -> None:
    """Replace a file of the tree by a copy, which cuts its hard links."""
    try:
        real = os.path.realpath(os.fsdecode(path))
        status = os.stat(real)
    except (TypeError, ValueError, OSError):
        return
    if status.st_nlink > 1 and stat.S_ISREG(status.st_mode) and real.startswith(tree):
        copy = f"{real}.own"
        shutil.copy2(real, copy)
        os.replace(copy, real)


def _manage(site_packages: str, command_line: list[str]) -> int:
    from django_pyz_runtime.bundle.bundle import STAGED
    from django_pyz_runtime.main import main as run

    sys.argv[1:] = command_line
    return run(sys.argv[0], site_packages, STAGED)


def static(site_packages: str, arguments: list[str]) -> int:
    """Run a command line that writes static files, and write down the result."""
    answer, name, *command_line = arguments
    uploads: list[str] = []
    sys.addaudithook(partial(_refuse_uploads, uploads))
    try:
        return _manage(site_packages, command_line)
    finally:
        with contextlib.suppress(Exception):
            from django.contrib.staticfiles.storage import staticfiles_storage

            from django_pyz_runtime.static.elsewhere import storage_elsewhere

            elsewhere = "".join(uploads[:1]) or storage_elsewhere(name)
            plain = [] if elsewhere else [*getattr(staticfiles_storage, "plain", {}).values()]
            found = {"plain": plain, "elsewhere": elsewhere, "unmigrated": dict(_without_migrations())}
            found["commands"] = _commands(site_packages) if name == "collectstatic" else []
            Path(answer).write_text(json.dumps(found), encoding="utf-8")


def apps(site_packages: str, arguments: list[str]) -> int:
    """Run a command line that loads the apps, and write down which ones have no migrations."""
    answer, *command_line = arguments
    code = _manage(site_packages, command_line)
    if not code:
        found = {"unmigrated": dict(_without_migrations()), "commands": _commands(site_packages)}
        Path(answer).write_text(json.dumps(found), encoding="utf-8")
    return code


def _commands(site_packages: str) -> list[dict[str, Any]]:
    """The management commands; none if they cannot be listed."""
    from django_pyz.stage import django_commands

    try:
        return django_commands.describe((site_packages, os.getcwd()))
    except Exception:
        return []


def _without_migrations() -> Iterator[tuple[str, str]]:
    """The apps whose models get no tables because they have no migrations, and their folders."""
    from django.apps import apps
    from django.db.migrations.loader import MigrationLoader

    for app in apps.get_app_configs():
        options = [model._meta for model in app.get_models()]
        module, is_chosen = MigrationLoader.migrations_module(app.label)
        if is_chosen or not any(item.managed and not item.proxy and not item.swapped for item in options):
            continue
        spec = module and importlib.util.find_spec(module)
        found = pkgutil.iter_modules((spec and spec.submodule_search_locations) or ())
        if not any(not item.ispkg and item.name[0] not in "_~" for item in found):
            yield app.label, app.path


def _refuse_uploads(found: list[str], event: str, _: tuple[Any, ...]) -> None:
    """Refuse connections by a storage while it saves files; receives every audit event."""
    if event not in ("socket.connect", "socket.getaddrinfo"):
        return
    kind = vars(sys.modules.get("django.core.files.storage", sys)).get("Storage", ())
    frame: FrameType | None = sys._getframe()
    while frame:
        storage = frame.f_locals.get("self")
        if frame.f_code.co_name in _SAVES and isinstance(storage, kind):
            found.append(f"{type(storage).__module__}.{type(storage).__qualname__}")
            raise ConnectionRefusedError("a build uploads nothing")
        frame = frame.f_back


def facts(site_packages: str, arguments: list[str]) -> int:
    """Activate the project and write down facts about its settings."""
    from django.core.exceptions import ImproperlyConfigured

    from django_pyz_runtime.activation.manage_py import approach
    from django_pyz_runtime.activation.prepare import prepare
    from django_pyz_runtime.activation.settings_errors import MissingVariables
    from django_pyz_runtime.boot.arguments import split
    from django_pyz_runtime.bundle.bundle import Bundle
    from django_pyz_runtime.errors import UserError
    from django_pyz_runtime.secrets.redaction import redacted

    answer, without, *options = arguments
    sys.argv[1:] = ["check"]
    found: dict[str, Any] = {"readings": []}
    try:
        bundle = Bundle.staged(site_packages)
        _, activation = prepare(bundle, split(options))
        os.environ.pop(without, None)
        found["given"] = sorted(os.environ)
        _import_settings(site_packages, found["readings"], lambda: approach(bundle.manifest, activation.code_folder))
        found |= _settings_facts()
        moved = {move.after: move.before for move in activation.moves}
        for name in ("reads", "static", "made"):
            found[name] = sorted({os.path.normpath(moved.get(path, path)) for path in found[name]})
    except MissingVariables as missing:
        found |= {"missing": missing.names, "problem": missing.problems[0]}
    except UserError as error:
        print(redacted(str(error)), file=sys.stderr)
        return 2
    except ImproperlyConfigured as error:
        print(redacted(f"{type(error).__name__}: {error}"), file=sys.stderr)
        return 2
    except (Exception, SystemExit) as error:
        print(redacted(_traceback_of_project(error, site_packages)), file=sys.stderr)
        return 1
    finally:
        with open(answer, "w", encoding="utf-8") as file:
            json.dump(found, file)
    return 0


def _import_settings(site_packages: str, readings: list[dict[str, Any]], approach: Callable[[], None]) -> None:
    """Import the settings as manage.py does, and note which variables they read, even if it fails."""
    from django.conf import settings

    from django_pyz.variables.recorder import Recorder
    from django_pyz_runtime.bundle.manifest import PROJECT_FOLDER

    recorder = Recorder(os.path.join(site_packages, PROJECT_FOLDER))
    try:
        with recorder.recording():
            approach()
            _ = settings.INSTALLED_APPS
    finally:
        readings += [item._asdict() for item in recorder.readings()]


def _traceback_of_project(error: BaseException, site_packages: str) -> str:
    """The traceback of an error, without Python's frames and ours."""
    from django_pyz_runtime.bundle.manifest import PROJECT_FOLDER

    found = traceback.TracebackException.from_exception(error)
    project = os.path.join(site_packages, PROJECT_FOLDER)
    frames = [frame for frame in found.stack if frame.filename.startswith(project)]
    if frames:
        found.stack = traceback.StackSummary.from_list(frames)
    return "".join(found.format()).rstrip()


def _settings_facts() -> dict[str, Any]:
    from django.conf import settings

    apps = list(settings.INSTALLED_APPS)
    storages: dict[str, Any] = getattr(settings, "STORAGES", {})
    explicit = getattr(settings, "STATICFILES_STORAGE", "") if "staticfiles" not in storages else ""
    return {
        "staticfiles": any(app.startswith("django.contrib.staticfiles") for app in apps),
        "storage": explicit or storages.get("staticfiles", {}).get("BACKEND", ""),
        "caches": [alias for alias in settings.CACHES if alias.isidentifier()],
        **_databases(settings),
        "offline": bool(getattr(settings, "COMPRESS_OFFLINE", False)),
        "compressor": "compressor" in apps and bool(getattr(settings, "COMPRESS_ENABLED", not settings.DEBUG)),
        "reads": [path for path in _read_folders(settings) if os.path.isabs(path)],
        "static": [path for path in _static_places(settings) if os.path.isabs(path)],
        "made": [path for path in _made_folders(settings) if os.path.isabs(path)],
    }


def _databases(settings: Any) -> dict[str, Any]:
    """The databases whose backend cannot be loaded, to the reason, and those that can only be checked later.

    SQLite comes with Python; loading its backend would import the models for nothing.
    """
    from django.core.exceptions import AppRegistryNotReady
    from django.db.utils import load_backend

    driverless: dict[str, str] = {}
    uncertain: list[str] = []
    for alias, database in settings.DATABASES.items():
        try:
            if (engine := database.get("ENGINE")) and engine != _SQLITE:
                load_backend(engine)
        except AppRegistryNotReady:
            uncertain.append(alias)
        except Exception as error:
            driverless[alias] = (str(error) or type(error).__name__).splitlines()[0]
    return {"driverless": driverless, "uncertain": uncertain}


def _read_folders(settings: Any) -> Iterator[str]:
    """The folders of static files, templates, translations and fixtures."""
    for item in settings.STATICFILES_DIRS:
        yield os.fspath(item[1] if isinstance(item, list | tuple) else item)
    for engine in settings.TEMPLATES:
        yield from map(os.fspath, engine.get("DIRS", ()))
    yield from map(os.fspath, [*settings.LOCALE_PATHS, *settings.FIXTURE_DIRS])
    if root := getattr(settings, "WHITENOISE_ROOT", None):
        yield os.fspath(root)


def _static_places(settings: Any) -> Iterator[str]:
    """The sources of static files: folders, also those of apps, and the files in which a front-end build lists them."""
    from importlib.util import find_spec

    for item in settings.STATICFILES_DIRS:
        yield os.fspath(item[1] if isinstance(item, list | tuple) else item)
    for app in settings.INSTALLED_APPS:
        # An app may be named by its AppConfig; Django reports one that cannot be imported.
        with contextlib.suppress(Exception):
            spec = find_spec(app.partition(".apps.")[0])
            yield from (os.path.join(place, "static") for place in (spec and spec.submodule_search_locations) or ())
    for name in dir(settings):
        if name.isupper():
            yield from _lists_of_files(name, getattr(settings, name))


def _lists_of_files(name: str, value: Any) -> Iterator[str]:
    """Paths in settings such as STATS_FILE and manifest_path, also in dictionaries."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _lists_of_files(str(key), inner)
    elif isinstance(value, str | os.PathLike) and ("STATS" in name.upper() or "MANIFEST" in name.upper()):
        yield os.fspath(value)


def _made_folders(settings: Any) -> Iterator[str]:
    """The folders that a running site writes to."""
    for name in ("MEDIA_ROOT", "STATIC_ROOT", "COMPRESS_ROOT"):
        if path := getattr(settings, name, None):
            yield os.fspath(path)


def gzip(site_packages: str, arguments: list[str]) -> int:
    """Compress the files of a folder, with the bundle's WhiteNoise."""
    import runpy

    # Its function's signature differs in old versions.
    sys.argv[1:] = ["--quiet", *arguments]
    runpy.run_module("whitenoise.compress", run_name="__main__")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
