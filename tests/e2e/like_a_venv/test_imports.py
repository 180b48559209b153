"""Modules, their sources and what lies beside them are found as in a virtual environment."""

from __future__ import annotations

import re
from pathlib import Path

from tests.e2e.harness import Machine
from tests.e2e.like_a_venv.tools_project import COMMAND, Says, said


def test_a_module_knows_its_file(says: Says, tree: Path) -> None:
    names = {
        "shop": "__project__/shop/__init__.py",
        "shop.sums": "__project__/shop/sums.py",
        "plugins.card": "__project__/lib/plugins/card.py",
        "django.http": "site-packages/django/http/__init__.py",
        "zope.interface.verify": "site-packages/zope/interface/verify.py",
    }
    code = f"""
import importlib, importlib.machinery, importlib.util, inspect
for name in {list(names)}:
    module = importlib.import_module(name)
    loader = module.__loader__
    assert loader is module.__spec__.loader
    assert isinstance(loader, importlib.machinery.SourceFileLoader)
    assert module.__spec__.has_location
    assert module.__spec__.cached == importlib.util.cache_from_source(module.__file__)
    assert loader.is_package(name) == hasattr(module, "__path__")
    print(name, *{{
        module.__file__, module.__spec__.origin, loader.path, loader.get_filename(name), inspect.getfile(module),
        inspect.getsourcefile(module), loader.get_code(name).co_filename,
    }})
"""
    assert says(code) == [f"{name} {tree.parent / path}" for name, path in names.items()]
    assert all((tree.parent / path).is_file() for path in names.values())


def test_a_function_knows_its_source(says: Says, tree: Path) -> None:
    code = """
import inspect, linecache
from shop import jobs, sums
lines, first = inspect.getsourcelines(sums.divide)
print(sums.divide.__code__.co_filename, first, sums.divide.__code__.co_firstlineno, len(lines))
print(inspect.getsource(sums.divide) == "".join(lines), inspect.getcomments(sums.divide), sums.divide.__doc__)
print(linecache.getline(sums.__file__, first).strip())
print(inspect.getsource(jobs.Order).splitlines()[:2])
"""
    path = tree.parent / "__project__/shop/sums.py"
    line = path.read_text().splitlines().index("def divide(a, b):") + 1
    order = ["@dataclass(frozen=True)", "class Order:"]
    assert says(code) == [f"{path} {line} {line} 3", "True None Divide.", "def divide(a, b):", str(order)]


def test_a_loader_hands_out_source_and_data(says: Says, tree: Path) -> None:
    code = """
import pathlib, pkgutil
from shop import prices, sums
source = pathlib.Path(sums.__file__)
print(sums.__loader__.get_source("shop.sums") == source.read_text())
print(sums.__loader__.get_data(str(source)) == source.read_bytes(), sums.__loader__.get_data(str(prices.FILE)))
print(pkgutil.get_data("shop", "data/prices.txt"), prices.read())
"""
    data = r"b'apple 3\npear 4\n'"
    assert says(code) == ["True", f"True {data}", f"{data} {{'apple': 3, 'pear': 4}}"]


def test_resources_are_found(says: Says, tree: Path) -> None:
    code = """
from importlib.resources import as_file, files
print((files("shop") / "data" / "prices.txt").read_text().split())
with as_file(files("shop.data") / "prices.txt") as path:
    print(path)
print(sorted(entry.name for entry in files("shop.templatetags").iterdir() if entry.name != "__pycache__"))
print(sorted(entry.name for entry in files("plugins").iterdir() if entry.name != "__pycache__"))
print((files("coverage") / "htmlfiles" / "style.css").is_file(), (files("coverage") / "nothing").is_file())
"""
    assert says(code) == [
        "['apple', '3', 'pear', '4']",
        str(tree.parent / "__project__/shop/data/prices.txt"),
        "['__init__.py', 'shop_tags.py']",
        "['card.py', 'cash.py']",
        "True False",
    ]


def test_modules_are_listed(says: Says) -> None:
    code = """
import pkgutil, plugins, shop
print([module.name + "/" * module.ispkg for module in pkgutil.iter_modules(shop.__path__)])
print([module.name for module in pkgutil.walk_packages(shop.__path__, "shop.") if module.name.count(".") > 1])
print([module.name for module in pkgutil.iter_modules(plugins.__path__, "plugins.")])
found = {module.name: module for module in pkgutil.iter_modules()}
print([found[name].ispkg for name in ("shop", "manage", "django", "json", "six") if name in found])
print(found["shop"].module_finder.find_spec("shop").origin == shop.__file__)
"""
    packages = ("management", "migrations", "templatetags")
    modules = ("__main__", "jobs", "models", "prices", "settings", "sums", "urls", "views", "wsgi")
    inner = (
        *("management.commands", "management.commands.divide", "management.commands.stop_here"),
        *("migrations.0001_initial", "migrations.0002_article_price", "templatetags.shop_tags"),
    )
    assert says(code, DJANGO_SETTINGS_MODULE="shop.settings") == [
        str(sorted([*(f"{name}/" for name in packages), *modules])),
        str([f"shop.{name}" for name in inner]),
        "['plugins.cash', 'plugins.card']",
        "[True, False, True, True]",
        "True",
    ]


def test_what_django_discovers_is_found(tools: Machine, says: Says) -> None:
    assert {"divide", "stop_here"} <= set(tools.succeed("help", "--commands").split())
    migrations = [line.split()[-1] for line in said(tools, "showmigrations", "shop")]
    assert migrations == ["shop", "0001_initial", "0002_article_price"]
    assert said(tools, "makemigrations", "--check", "--dry-run") == ["No changes detected"]
    code = """
import django; django.setup()
from django.apps import apps
from django.template import Context, Template
print(Template("{% load shop_tags i18n %}{% price 3 %}").render(Context()), apps.get_app_config("shop").path)
"""
    [line] = says(code)
    assert line.startswith("3 cents /")
    assert line.endswith("/__project__/shop")


def test_specs_are_found_and_missing_ones_are_not(says: Says, tree: Path) -> None:
    code = """
from importlib.util import find_spec
print(find_spec("shop.sums").origin, find_spec("shop.nothing"), find_spec("nothing"), find_spec("shop.sum"))
print(find_spec("shop.data").origin, list(find_spec("shop.data").submodule_search_locations))
for name in ("nothing.sums", "shop.sums.nothing", "shop.nothing"):
    try:
        __import__(name)
    except ModuleNotFoundError as error:
        print(error.name, error)
"""
    project = tree.parent / "__project__/shop"
    assert says(code) == [
        f"{project / 'sums.py'} None None None",
        f"None {[str(project / 'data')]}",
        "nothing No module named 'nothing'",
        "shop.sums.nothing No module named 'shop.sums.nothing'; 'shop.sums' is not a package",
        "shop.nothing No module named 'shop.nothing'",
    ]


def test_namespace_packages_are_spread_over_roots_and_hold_extension_modules(says: Says, tree: Path) -> None:
    code = """
import importlib.machinery
import plugins.card, plugins.cash, zope.tills, zope.interface
from zope.interface import _zope_interface_coptimizations as extension
print(list(plugins.__path__), plugins.__file__ if hasattr(plugins, "__file__") else None)
print(list(zope.__path__))
print(zope.tills.is_till(zope.tills.Till()), zope.tills.is_till(1))
print(isinstance(extension.__loader__, importlib.machinery.ExtensionFileLoader), extension.__file__)
"""
    project = tree.parent / "__project__"
    *lines, last = says(code)
    assert lines == [
        f"{[str(project / 'plugins'), str(project / 'lib/plugins')]} None",
        str([str(project / "lib/zope"), str(tree / "zope")]),
        "True False",
    ]
    assert re.fullmatch(rf"True {tree}/zope/interface/_zope_interface_coptimizations\.\S+\.so", last)


def test_metadata_of_packages_is_found(says: Says) -> None:
    code = """
from importlib.metadata import entry_points, files, packages_distributions, version
print(version("Django"), version("zope.interface"), packages_distributions()["coverage"])
print(entry_points(group="console_scripts", name="django-admin")["django-admin"].load().__name__)
listed = [file for name in ("Django", "coverage", "zope.interface") for file in files(name)]
print(len(listed) > 1000, [str(file) for file in listed if not file.locate().exists()])
"""
    assert says(code) == ["5.2.19 8.7 ['coverage']", "execute_from_command_line", "True []"]


def test_a_module_can_be_reloaded(says: Says) -> None:
    code = """
import importlib
from shop import sums
before, sums.extra = sums.divide, 1
print(importlib.reload(sums) is sums, sums.divide is before, sums.extra, sums.divide(6, 3))
"""
    assert says(code) == ["True False 1 2.0"]


def test_folders_and_archives_are_put_on_the_path_later(says: Says, tmp_path: Path) -> None:
    code = f"""
import importlib, pathlib, sys, zipfile
folder = pathlib.Path({str(tmp_path)!r})
sys.path += [str(folder), str(folder / "packed.zip")]
with zipfile.ZipFile(folder / "packed.zip", "w") as archive:
    archive.writestr("packed.py", "NAME = 'packed'")
import packed
(folder / "later.py").write_text("NAME = 'first'")
importlib.invalidate_caches()
import later
first = later.NAME
(folder / "later.py").write_text("NAME = 'the second'")
print(packed.NAME, first, importlib.reload(later).NAME, later.__file__)
"""
    assert says(code) == [f"packed first the second {tmp_path / 'later.py'}"]


NAMES = [
    *("django.contrib.admin.utils", "django.contrib.humanize", "django.core.mail", "django.utils.archive"),
    *("django.contrib.syndication.views", "django.forms.models", "django.test.client", "zope.interface.adapter"),
]


def test_many_threads_and_forked_processes_import_at_once(tools: Machine) -> None:
    code = f"""
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from shop import jobs
names = {NAMES}
orders = [names[start:] + names[:start] for start in range(len(names))]
with ProcessPoolExecutor(4, multiprocessing.get_context("fork")) as pool:
    print({{tuple(sorted(found)) for _, found in pool.map(jobs.import_all, orders)}} == {{tuple(sorted(names))}})
with ThreadPoolExecutor(8) as pool:
    print({{tuple(sorted(found)) for _, found in pool.map(jobs.import_all, orders)}} == {{tuple(sorted(names))}})
"""
    assert said(tools, *COMMAND, code) == ["True", "True"]


def test_modules_are_imported_after_a_daemon_has_closed_all_files(says: Says) -> None:
    code = "import os; os.closerange(3, 4096); import shop.jobs, zope.interface.verify, html.parser; print(os.getcwd())"
    assert len(says(code)) == 1
