"""From a command line to a project ready for import, or to one report of everything that is wrong."""

from __future__ import annotations

import importlib
import os

from django_pyz_runtime import sources
from django_pyz_runtime.activate import SETTINGS_MODULE, Activation, activate
from django_pyz_runtime.arguments import Arguments
from django_pyz_runtime.complaints import Complaint
from django_pyz_runtime.configuration import Configuration, by_line
from django_pyz_runtime.manifest import Site


def prepare(site: Site, arguments: Arguments, *, serving: bool = False) -> tuple[Configuration, Activation]:
    """Read the configuration and activate the project.

    Raises:
        Complaint: with every problem found, also those which only show once the project's settings are read.
    """
    configuration = sources.load(site.manifest, arguments, os.environ, os.geteuid())
    if configuration.problems:
        raise Complaint(*all_problems(site, arguments, configuration))
    return configuration, activate(site, configuration, arguments, serving=serving)


def all_problems(site: Site, arguments: Arguments, configuration: Configuration) -> list[str]:
    """The problems of a configuration together with those of its section [settings], in the order of the lines.

    The latter need the project's settings for their types. Where those cannot be imported, that is no problem of the
    configuration: the settings say so themselves when they are needed.
    """
    activate(site, configuration, arguments, only_check=True)
    problems = list(configuration.problems)
    try:
        importlib.import_module(os.environ[SETTINGS_MODULE])
    except Complaint as complaint:
        problems += complaint.problems
    except (Exception, SystemExit):
        pass
    return sorted(problems, key=by_line)
