"""Services that a build proposes."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz.files import selection
from django_pyz.options import Options, read_table
from django_pyz.project import project
from django_pyz.project.declared_services import sealed
from django_pyz.report.proposals import about_services
from tests.build.trees import SMALL_PROJECT, write_tree
from tests.small_bundle import MANIFEST

TASKS = {"shop/celery.py": "", "shop/settings.py": "CELERY_BEAT_SCHEDULE = {}\n"}


def _notes(root: Path, files: dict[str, str], *packages: str, services: tuple[str, ...] = ()) -> list[str]:
    write_tree(root, {**SMALL_PROJECT, **files})
    options = Options(name="shop", services=services)
    sbom = {"components": [{"name": name, "version": "1"} for name in packages]}
    found = project.find(root, options, {})
    return list(about_services(found, selection.select(root, options), MANIFEST._replace(sbom=sbom), options))


def test_a_project_without_workers_gets_none(tmp_path: Path) -> None:
    assert _notes(tmp_path, {}, "django", "redis") == []


@pytest.mark.parametrize(
    ("packages", "line"),
    [
        (("rq",), 'worker = "rq worker"'),
        (("rq", "django-rq"), 'worker = "rqworker default"'),
        (("huey",), 'worker = "run_huey"'),
        (("dramatiq", "django-dramatiq"), 'worker = "rundramatiq"'),
        (("django-q2",), 'worker = "qcluster"'),
        (("procrastinate",), 'worker = "manage.py procrastinate worker"'),
        (("celery",), 'worker = "celery -A shop worker" and beat = "celery -A shop beat"'),
    ],
)
def test_the_worker_of_a_package_is_proposed(tmp_path: Path, packages: tuple[str, ...], line: str) -> None:
    (note,) = _notes(tmp_path, TASKS, *packages)
    assert f"add {line} below [tool.django-pyz.services] in {tmp_path}/pyproject.toml" in note
    assert _notes(tmp_path, TASKS, *packages, services=("worker=x",)) == []


def test_the_lines_can_be_taken_as_they_stand(tmp_path: Path) -> None:
    notes = _notes(tmp_path, TASKS, "celery", "django-celery-beat", "huey")
    lines = [line for note in notes for line in note.partition(" add ")[2].partition(" below ")[0].split(" and ")]
    (tmp_path / "other.toml").write_text("\n".join(["[tool.django-pyz.services]", *lines]))
    assert sealed(read_table(tmp_path / "other.toml")) == {
        "services.worker": "celery -A shop worker",
        "services.beat": "celery -A shop beat --scheduler django_celery_beat.schedulers:DatabaseScheduler",
        "services.huey-worker": "run_huey",
    }
