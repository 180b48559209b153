"""Which settings of gunicorn may stand in the section [gunicorn]."""

from __future__ import annotations

import pytest
from gunicorn import __version__

from django_pyz_runtime.config.gunicorn_section import gunicorn_problems
from tests.runtime.conftest import Load


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("bind = :80", "bind: set [serve] bind instead"),
        ("daemon = true", "daemon: has no effect in a bundle"),
        ("max_requests = many", "max_requests: invalid literal for int() with base 0: 'many'"),
        ("certfile = tls/cert.pem", "certfile: wanted an absolute path, found 'tls/cert.pem'"),
        ("pidfile = ./site.pid", "pidfile: wanted an absolute path, found './site.pid'"),
        # Known to gunicorn 22 alone.
        (
            "tolerate_dangerous_framing = true",
            f"tolerate_dangerous_framing: gunicorn {__version__} has no such setting",
        ),
    ],
)
def test_what_gunicorn_does_not_take_is_told(line: str, problem: str, load: Load) -> None:
    [found] = gunicorn_problems(load(f"[gunicorn]\n{line}\n").section("gunicorn"))
    assert found.partition("[gunicorn] ")[2] == problem


def test_what_it_takes_is_no_problem(load: Load) -> None:
    assert (
        gunicorn_problems(
            load("[gunicorn]\nkeepalive = 5\nerrorlog = -\npidfile = /run/x.pid\nhttp2_cleartext = off\n").section(
                "gunicorn"
            )
        )
        == []
    )
