"""The settings module, changed as it is imported."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from django_pyz_runtime.activation.settings_hook import SettingsHook


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to import from, with a settings package; what is imported is forgotten afterwards."""
    (tmp_path / "hooked").mkdir()
    (tmp_path / "hooked/__init__.py").touch()
    (tmp_path / "hooked/base.py").write_text("DEBUG = True\nHOSTS = ['a']\n", encoding="utf-8")
    (tmp_path / "hooked/prod.py").write_text("from hooked.base import *\nNAME = __name__\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "hooked.prod")
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "hooked"]:
        del sys.modules[name]


def change(namespace: dict[str, Any]) -> None:
    namespace.setdefault("CHANGED", []).append(namespace["__name__"])
    namespace["DEBUG"] = False


def test_the_module_is_changed_after_it_ran(project: Path) -> None:
    sys.meta_path.insert(0, SettingsHook(change))
    module = importlib.import_module("hooked.prod")
    assert (module.DEBUG, module.HOSTS, module.NAME) == (False, ["a"], "hooked.prod")
    assert module.CHANGED == ["hooked.prod"]


def test_no_other_module_is_changed(project: Path) -> None:
    sys.meta_path.insert(0, SettingsHook(change))
    importlib.import_module("hooked.prod")
    assert sys.modules["hooked.base"].DEBUG is True
    assert not hasattr(sys.modules["hooked.base"], "CHANGED")


def test_whoever_imports_a_name_gets_the_changed_value(project: Path) -> None:
    (project / "hooked/app.py").write_text("from hooked.prod import DEBUG\n", encoding="utf-8")
    sys.meta_path.insert(0, SettingsHook(change))
    assert importlib.import_module("hooked.app").DEBUG is False


def test_the_variable_counts_at_the_time_of_the_import(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sys.meta_path.insert(0, SettingsHook(change))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "hooked.base")
    assert importlib.import_module("hooked.base").DEBUG is False


def test_the_module_shows_its_own_loader(project: Path) -> None:
    plain = importlib.import_module("hooked.base")
    sys.meta_path.insert(0, SettingsHook(change))
    module = importlib.import_module("hooked.prod")
    assert module.__spec__ is not None
    assert type(module.__loader__) is type(module.__spec__.loader) is type(plain.__loader__)
    assert module.__file__ == str(project / "hooked/prod.py")


def test_a_reload_is_changed_again(project: Path) -> None:
    sys.meta_path.insert(0, SettingsHook(change))
    module = importlib.reload(importlib.import_module("hooked.prod"))
    assert module.DEBUG is False
    assert len(module.CHANGED) == 2


def test_a_package_of_settings_is_changed_and_stays_a_package(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "hooked")
    sys.meta_path.insert(0, SettingsHook(change))
    assert importlib.import_module("hooked").CHANGED == ["hooked"]
    assert importlib.import_module("hooked.base").DEBUG is True


def test_an_error_in_the_settings_comes_out_and_nothing_is_changed(project: Path) -> None:
    (project / "hooked/prod.py").write_text("1 / 0\n", encoding="utf-8")
    changed: list[dict[str, Any]] = []
    sys.meta_path.insert(0, SettingsHook(changed.append))
    with pytest.raises(ZeroDivisionError):
        importlib.import_module("hooked.prod")
    assert (changed, "hooked.prod" in sys.modules) == ([], False)


def test_settings_that_are_not_there_are_missing_as_ever(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "hooked.gone")
    sys.meta_path.insert(0, SettingsHook(change))
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'hooked\.gone'"):
        importlib.import_module("hooked.gone")


def test_a_finder_that_comes_later_and_asks_nobody_is_wrapped_all_the_same(project: Path) -> None:
    """As that of django-configurations, which changes the module itself."""

    class Later:
        def find_spec(
            self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
        ) -> ModuleSpec | None:
            return PathFinder.find_spec(fullname, path, target) if fullname == "hooked.prod" else None

    sys.meta_path.insert(0, SettingsHook(change))
    sys.meta_path.insert(0, Later())

    assert importlib.import_module("hooked.prod").DEBUG is False


def test_an_error_of_the_settings_can_be_explained(project: Path) -> None:
    (project / "hooked/prod.py").write_text("NAME = {}['KEY']\n", encoding="utf-8")
    sys.meta_path.insert(0, SettingsHook(change, lambda error: ValueError(f"explained: {error}")))

    with pytest.raises(ValueError, match=r"^explained: 'KEY'$") as caught:
        importlib.import_module("hooked.prod")
    assert isinstance(caught.value.__cause__, KeyError)


def test_an_error_that_a_loader_of_the_old_kind_lets_out_can_be_explained_too(project: Path) -> None:
    """As that of django-configurations, which sets its classes up after the import."""

    class Old:
        def load_module(self, fullname: str) -> ModuleType:
            raise KeyError(fullname)

    class Finder:
        def find_spec(
            self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
        ) -> ModuleSpec | None:
            return ModuleSpec(fullname, Old()) if fullname == "hooked.prod" else None  # type: ignore[arg-type]

    sys.meta_path.insert(0, Finder())
    sys.meta_path.insert(0, SettingsHook(change, lambda error: ValueError(f"explained: {error}")))

    with pytest.raises(ValueError, match=r"^explained: 'hooked\.prod'$"):
        importlib.import_module("hooked.prod")


def test_an_error_that_is_not_explained_stays_as_it_is(project: Path) -> None:
    (project / "hooked/prod.py").write_text("NAME = {}['KEY']\n", encoding="utf-8")
    sys.meta_path.insert(0, SettingsHook(change))

    with pytest.raises(KeyError):
        importlib.import_module("hooked.prod")
