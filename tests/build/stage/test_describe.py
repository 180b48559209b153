"""The software bill of materials, and that Django is in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from django_pyz.stage.describe import make_sbom, no_django
from django_pyz_runtime.bundle.manifest import SERVER_FOLDER
from tests.build.trees import write_tree

INSTALLED = {
    "zope.interface-4.2.dist-info/METADATA": "Metadata-Version: 2.1\nName: zope.interface\nVersion: 4.2\n",
    "Django-5.2.dist-info/METADATA": "Metadata-Version: 2.4\nName: Django\nVersion: 5.2\n",
    "django/__init__.py": "",
}


def test_it_lists_the_packages_in_order_with_their_package_urls(tmp_path: Path) -> None:
    assert make_sbom("shop", write_tree(tmp_path, INSTALLED)) == {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "shop"}},
        "components": [
            {"type": "library", "name": "django", "version": "5.2", "purl": "pkg:pypi/django@5.2"},
            {
                "type": "library",
                "name": "zope-interface",
                "version": "4.2",
                "purl": "pkg:pypi/zope-interface@4.2",
            },
        ],
    }


def test_the_gunicorn_that_serves_is_told_from_the_project_s(tmp_path: Path) -> None:
    metadata = "Metadata-Version: 2.1\nName: gunicorn\nVersion: "
    server = write_tree(tmp_path, {f"{SERVER_FOLDER}/gunicorn-27.0.1.dist-info/METADATA": f"{metadata}27.0.1\n"})
    serving = {"type": "library", "name": "gunicorn", "version": "27.0.1", "purl": "pkg:pypi/gunicorn@27.0.1"}
    serving_only = [{**serving, "properties": [{"name": "django-pyz:serves", "value": "true"}]}]
    assert make_sbom("shop", server)["components"] == serving_only

    write_tree(server, {"gunicorn-20.1.0.dist-info/METADATA": f"{metadata}20.1.0\n"})
    own = {"type": "library", "name": "gunicorn", "version": "20.1.0", "purl": "pkg:pypi/gunicorn@20.1.0"}
    assert make_sbom("shop", server)["components"] == [own, *serving_only]

    write_tree(server, {"gunicorn-20.1.0.dist-info/METADATA": f"{metadata}27.0.1\n"})
    assert make_sbom("shop", server)["components"] == serving_only


def test_an_empty_tree_has_no_components(tmp_path: Path) -> None:
    assert make_sbom("shop", tmp_path)["components"] == []


def test_it_is_plain_json_without_a_time_or_a_random_number(tmp_path: Path) -> None:
    root = write_tree(tmp_path, INSTALLED)

    assert json.dumps(make_sbom("shop", root)) == json.dumps(make_sbom("shop", root))
    assert not {"serialNumber", "timestamp"} & set(json.dumps(make_sbom("shop", root)).split('"'))


@pytest.mark.parametrize(
    ("dependencies", "hint"),
    [
        ('optional-dependencies.server = ["Django>=5"]', "Give --extras server."),
        ("dependencies = []", "Add Django to it, or give --requirements FILE."),
    ],
)
def test_the_option_that_brings_in_django_is_named_where_it_is_not_installed(
    tmp_path: Path, dependencies: str, hint: str
) -> None:
    write_tree(tmp_path, {"pyproject.toml": f'[project]\nname = "shop"\n{dependencies}\n'})

    error = no_django(tmp_path, Path("pyproject.toml"))

    assert error.problem == f"{tmp_path}: pyproject.toml does not install Django"
    assert error.hint == hint
