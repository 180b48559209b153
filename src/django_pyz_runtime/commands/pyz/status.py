"""`pyz status`: the running processes, their releases, and the state of the databases."""

from __future__ import annotations

import json
import shlex
import time
from argparse import ArgumentParser, Namespace, _SubParsersAction

from django_pyz_runtime.activation.prepare import data_folder
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle


def add_to(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "status",
        help="show what is running, and from which release",
        description="List the running processes of this project, each with its release, age and memory. The exit code "
        "is 0 if the server is running, all processes run this release, the databases fit it, and no upgrade was "
        "interrupted, else 3.",
    )
    parser.add_argument("--json", action="store_true", dest="as_json", help="print JSON")
    parser.set_defaults(run=run)


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Print a line for each process."""
    from django_pyz_runtime.release import gate, record
    from django_pyz_runtime.release.processes import processes, way_to_new_code
    from django_pyz_runtime.release.standing import standings
    from django_pyz_runtime.release.upgrade.left import left_over

    records = record.running(bundle.manifest.name, data_folder(bundle, arguments))
    found = processes(records, bundle.build_id, time.time())
    old = [one for one in found if one.is_old]
    serves = any(one.role == record.WEB for one in found)
    left, databases = left_over(bundle), standings(bundle)
    paused = [] if left else sorted({path for one in records if gate.held(path := one.text("gate"))})
    if options.as_json:
        facts: dict[str, object] = {
            "name": bundle.manifest.name,
            "version": bundle.manifest.version,
            "build": bundle.build_id,
        }
        facts |= {"upgrade": left._asdict() if left else None, "databases": [one._asdict() for one in databases]}
        print(json.dumps({**facts, "processes": [one._asdict() for one in found]}, indent=2))
    else:
        print(f"{bundle.manifest.name} {bundle.release}: {bundle.executable}")
        for one in found:
            print(one.line)
        if not serves:
            print("no running server found that this user may see")
        for one in old:
            what = way_to_new_code(one, bundle.manifest, bundle.executable.name)
            print(f"{one.role}, process {one.pid}, runs {one.release} and not this release: {what}")
        for standing in databases:
            print(standing.line)
        if left:
            print(left.line)
        for path in paused:
            told = f"`truncate --size 0 {shlex.quote(path)}` lets it serve again"
            print(f"requests are answered with 503, for an upgrade that no longer exists: {told}")
    return 0 if serves and not (old or left or paused or any(one.is_wrong for one in databases)) else 3
