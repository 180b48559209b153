"""From a command line to a project ready for import, or to one report of everything that is wrong."""

from __future__ import annotations

import importlib
import os

from django_pyz_runtime import sources
from django_pyz_runtime.activate import Activation, Purpose, activate
from django_pyz_runtime.arguments import Arguments
from django_pyz_runtime.chosen import SETTINGS_MODULE
from django_pyz_runtime.complaints import Complaint
from django_pyz_runtime.configuration import Configuration, by_line
from django_pyz_runtime.manifest import Site


def load(site: Site, arguments: Arguments) -> Configuration:
    """The configuration of this process, with whatever is wrong in it."""
    return sources.load(site.manifest, arguments, os.environ, os.geteuid())


def prepare(site: Site, arguments: Arguments, purpose: Purpose = Purpose.RUN) -> tuple[Configuration, Activation]:
    """Read the configuration and activate the project.

    Raises:
        Complaint: with every problem found, also those which only show once the project's settings are read.
    """
    configuration = load(site, arguments)
    if configuration.problems:
        raise Complaint(*all_problems(site, arguments, configuration))
    return configuration, activate(site, configuration, arguments, purpose=purpose)


def all_problems(site: Site, arguments: Arguments, configuration: Configuration) -> list[str]:
    """The problems of a configuration, with what Django's and gunicorn's settings add to it, in the order of the lines.

    Django's need the project's settings for their types. Where those cannot be imported, that is no problem of the
    configuration: the settings say so themselves when they are needed.
    """
    activate(site, configuration, arguments, purpose=Purpose.CHECK)
    problems = list(configuration.problems)
    try:
        importlib.import_module(os.environ[SETTINGS_MODULE])
    except Complaint as complaint:
        problems += complaint.problems
    except (Exception, SystemExit):
        pass
    if gunicorn_values := configuration.section("gunicorn"):
        from django_pyz_runtime.serve.gunicorn_settings import gunicorn_problems

        problems += gunicorn_problems(gunicorn_values)
    return sorted(problems, key=by_line)
