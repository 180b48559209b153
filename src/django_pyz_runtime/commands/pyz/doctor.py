"""`pyz doctor`: find problems of the site and its host, each with a fix."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, Namespace, _SubParsersAction

from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle


def add_to(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "doctor",
        help="look for problems, and print how to fix each",
        description="Check the configuration, files, databases, units and machine of the site, and print each problem "
        "with its fix. Nothing is changed. The exit code is 0 if all checks pass, 1 for warnings and for checks that "
        "could not look, 3 for errors.",
    )
    parser.add_argument("checks", metavar="CHECK", nargs="*", help="only these (default: all)")
    parser.add_argument("--verbose", action="store_true", help="also show checks that find nothing")
    parser.add_argument("--json", action="store_true", dest="as_json", help="print JSON")
    # For the process that imports the settings (release.doctor.look).
    parser.add_argument("--look", action="store_true", help=SUPPRESS)
    parser.set_defaults(run=run)


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Print the findings.

    Raises:
        UserError: there is no such check.
    """
    if options.look:
        from django_pyz_runtime.release.doctor import look

        return look.main(bundle, arguments)
    from django_pyz_runtime.release.doctor import report
    from django_pyz_runtime.release.doctor.facts import Facts
    from django_pyz_runtime.release.doctor.findings import exit_code

    facts = Facts(bundle, arguments)
    findings = report.examine(facts, report.chosen(options.checks))
    if options.as_json:
        print(report.as_json(facts, findings))
    else:
        for line in report.lines(findings, is_verbose=options.verbose):
            print(line)
    return exit_code(findings)
