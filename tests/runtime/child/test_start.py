"""The start of a child process."""

from __future__ import annotations

import pytest

from django_pyz_runtime.child.start import script_index


@pytest.mark.parametrize(
    ("line", "script"),
    [
        ("python manage.py check", "manage.py"),
        ("python -u -W error manage.py -m x", "manage.py"),
        ("python -uB -X dev task.py", "task.py"),
        ("python --check-hash-based-pycs never task.py", "task.py"),
        ("python -Wignore::m.c task.py", "task.py"),
        ("python /srv/task.py", "/srv/task.py"),
        ("python -m shop manage.py", None),
        ("python -c pass manage.py", None),
        ("python -uc pass manage.py", None),
        ("python - manage.py", None),
        ("python", None),
    ],
)
def test_the_script_is_found_behind_the_options(line: str, script: str | None) -> None:
    argv = line.split()
    index = script_index(argv)
    assert (argv[index] if index is not None else None) == script
