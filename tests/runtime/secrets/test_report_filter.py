"""Django's reports of an error, with settings that cannot be read."""

from __future__ import annotations

import pytest

from tests.runtime.conftest import Python

REPORT = """
import sys
urlpatterns = []
import django
from django.conf import settings
from django.utils.functional import SimpleLazyObject, lazy

class Broken:
    def __repr__(self):
        raise RuntimeError("no text")
    def __getattr__(self, name):
        raise RuntimeError("no " + name)

settings.configure(
    SECRET_KEY="x",
    ROOT_URLCONF="__main__",
    DEBUG=sys.argv[1] == "debug",
    DEFAULT_EXCEPTION_REPORTER_FILTER="django_pyz_runtime.secrets.report_filter.ReportFilter",
    GREETING=SimpleLazyObject(lambda: "hello"),
    PROMISE=lazy(lambda: "later", str)(),
    SOURCE=SimpleLazyObject(lambda: "https://me:hunter22@example.org/"),
    FAILS=SimpleLazyObject(lambda: 1 / 0),
    BROKEN=Broken(),
    INSIDE={"a": SimpleLazyObject(lambda: 1 / 0), "b": ["x"]},
    CALLED=lambda: 1 / 0,
)
django.setup()
from django.test import RequestFactory
from django.views.debug import ExceptionReporter
try:
    raise ValueError("boom")
except ValueError:
    reporter = ExceptionReporter(RequestFactory().get("/"), *sys.exc_info())
for text in (reporter.get_traceback_text(), reporter.get_traceback_html()):
    assert "boom" in text
    assert "hello" in text
    assert "ZeroDivisionError when it is read" in text
    assert "hunter22" not in text
print("reported")
"""


@pytest.mark.parametrize("mode", ["debug", "production"])
def test_a_report_never_fails_and_says_what_cannot_be_read(mode: str, python: Python) -> None:
    assert python(REPORT, mode) == "reported\n"
