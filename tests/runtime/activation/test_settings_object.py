"""The settings that Django has in the end, for each thing that a settings module can put in its own place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from django_pyz_runtime.bundle.manifest import FILE_NAME, Manifest
from tests.runtime.conftest import Python

VALUES = """
SECRET_KEY = "of-the-project"
ALLOWED_HOSTS = ["a"]
TIME_ZONE = "UTC"
INSTALLED_APPS = ["django.contrib.auth"]
MEDIA_ROOT = {base!r} + "/media"
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": {base!r} + "/db.sqlite3"}}}}
"""
OBJECT = """
import sys
import values
class Box(dict):
    pass
class Settings:
    def __init__(self):
        for name in dir(values):
            if name.isupper():
                value = getattr(values, name)
                value = Box({key: Box(item) for key, item in value.items()}) if isinstance(value, dict) else value
                setattr(self, name, value)
"""
KINDS = {
    "a plain module": "from values import *",
    "a file read by path": "import values\nwith open(values.__file__) as file:\n    exec(file.read())",
    "a module with __getattr__ and __dir__": """
import values
def __getattr__(name):
    return getattr(values, name)
def __dir__():
    return [name for name in dir(values) if name.isupper()]
""",
    "a module of another class": OBJECT
    + """
class Module(type(sys)):
    SECRET_KEY = property(lambda self: "of-the-project")
    ALLOWED_HOSTS = property(lambda self: ["a"])
    def __dir__(self):
        return [*super().__dir__(), *vars(Module)]
sys.modules[__name__].__class__ = Module
from values import TIME_ZONE, INSTALLED_APPS, MEDIA_ROOT, DATABASES
""",
    "an object in place of the module": OBJECT + "sys.modules[__name__] = Settings()",
    "an object in place of django.conf.settings": OBJECT
    + "from values import *\nimport django.conf\ndjango.conf.settings = Settings()",
    "an object in place of django.conf": OBJECT
    + """
from values import *
from django import conf
class Wrapper:
    settings = Settings()
    def __getattr__(self, name):
        return getattr(conf, name)
sys.modules["django.conf"] = Wrapper()
""",
    "settings.configure in the module": OBJECT
    + """
from values import *
from django.conf import settings
settings.configure(**{name: value for name, value in vars(values).items() if name.isupper()})
""",
    "a frozen object inside django.conf.settings": OBJECT
    + """
from values import *
from django.conf import settings
class Frozen(Settings):
    def __setattr__(self, name, value):
        if hasattr(self, "done"):
            raise TypeError("frozen")
        super().__setattr__(name, value)
frozen = Frozen()
frozen.done = True
settings._wrapped = frozen
""",
}
SHOW = """
import json, os, sys
from django_pyz_runtime.activation import activate
from django_pyz_runtime.boot import arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.config import levels
bundle = Bundle.load("/usr/bin/project-script", sys.argv[1], "b")
given = arguments.split(sys.argv[3:])
configuration = levels.load(bundle.manifest, given, os.environ, os.geteuid())
activate.activate(bundle, configuration, given)
exec(sys.argv[2])
from django.conf import settings
names = ("SECRET_KEY", "ALLOWED_HOSTS", "TIME_ZONE", "INSTALLED_APPS", "MEDIA_ROOT", "DATABASES", "STATIC_ROOT")
names += ("LANGUAGE_CODE",)
print(json.dumps({name: getattr(settings, name) for name in names}))
"""
OPTIONS = (
    "--set=settings.ALLOWED_HOSTS=b",
    "--set=settings.INSTALLED_APPS+=django.contrib.sites",
    "--set=settings.DATABASES.default.CONN_MAX_AGE=60",
    "--set=settings.LANGUAGE_CODE=de",
    "--set=static.root=/srv/static",
)


def in_force(python: Python, folder: Path, manifest: Manifest, module: str, before: str = "") -> dict[str, Any]:
    """What Django has, with the configuration above."""
    tree = folder / "tree"
    project = tree / "__project__"
    project.mkdir(parents=True)
    (project / "values.py").write_text(VALUES.format(base=str(project)), encoding="utf-8")
    if module:
        (project / "pyz_settings.py").write_text(module, encoding="utf-8")
    packages = tree / "site-packages"
    packages.mkdir()
    (packages / FILE_NAME).write_text(manifest._replace(settings_module="pyz_settings").to_json(), encoding="utf-8")
    found: dict[str, Any] = json.loads(
        python(SHOW, str(packages), before, f"--set=project.data_dir={folder}/data", *OPTIONS)
    )
    return found


def expected(folder: Path) -> dict[str, Any]:
    """Every value, changed or moved as those of a plain module are."""
    database = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(folder / "data/db.sqlite3"),
        "CONN_MAX_AGE": 60,
    }
    return {
        "SECRET_KEY": "of-the-project",
        "ALLOWED_HOSTS": ["b"],
        "TIME_ZONE": "UTC",
        "INSTALLED_APPS": ["django.contrib.auth", "django.contrib.sites"],
        "MEDIA_ROOT": str(folder / "data/media"),
        "DATABASES": {"default": database},
        "STATIC_ROOT": "/srv/static",
        "LANGUAGE_CODE": "de",
    }


@pytest.mark.parametrize("module", list(KINDS.values()), ids=list(KINDS))
@pytest.mark.parametrize("before", ["", "import pyz_settings"], ids=["", "imported by the project first"])
def test_what_django_has_in_the_end_is_what_is_changed(
    module: str, before: str, python: Python, tmp_path: Path, manifest: Manifest
) -> None:
    assert in_force(python, tmp_path, manifest, module, before) == expected(tmp_path)


@pytest.mark.parametrize(
    "before",
    [
        "import types, values; made = types.ModuleType('pyz_settings'); sys.modules['pyz_settings'] = made\n"
        "vars(made).update({name: value for name, value in vars(values).items() if name.isupper()})",
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'other'; import values\n"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'values'",
        "import values; from django.conf import settings\n"
        "settings.configure(**{name: value for name, value in vars(values).items() if name.isupper()})",
        "import values; from django.conf import settings; settings.configure(values)",
    ],
    ids=["made by code", "ran before it was named", "settings.configure", "settings.configure with an object"],
)
def test_settings_that_no_import_makes_are_changed_when_django_takes_them(
    before: str, python: Python, tmp_path: Path, manifest: Manifest
) -> None:
    assert in_force(python, tmp_path, manifest, "", before) == expected(tmp_path)


def test_an_object_that_takes_no_values_is_refused_by_name(python: Python, tmp_path: Path, manifest: Manifest) -> None:
    module = (
        KINDS["an object in place of django.conf"]
        .replace("settings = Settings()", "settings = type('Closed', (Settings,), {'__setattr__': lambda *_: None})()")
        .replace("setattr(self, name,", "self.__dict__.__setitem__(name,")
    )
    before = """
try:
    import pyz_settings
except activate.UserError as error:
    print(error)
    sys.exit()
"""
    tree = tmp_path / "tree"
    with pytest.raises(json.JSONDecodeError) as said:
        in_force(python, tmp_path, manifest, module, before)
    assert tree.is_dir()
    assert "the project's settings are an object (Closed) that does not take a value" in said.value.doc
