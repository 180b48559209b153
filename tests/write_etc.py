"""Write what is made from declarations: the files in etc/, for the sample's names, and the tables in README.md.

`python -m tests.write_etc`, with src on PYTHONPATH.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from django_pyz.options import Options
from django_pyz_runtime.config.options import OPEN_SECTIONS, OPTIONS, SECTIONS
from django_pyz_runtime.release.files.files import host_files
from django_pyz_runtime.release.files.site import Site

CHECKOUT = Path(__file__).resolve().parent.parent
ETC = CHECKOUT / "etc"
README = CHECKOUT / "README.md"
SAMPLE = Site("project", "project-script", "myproj.wsgi")
"""The sample, as nobody has configured it."""
END = "<!-- end of options -->"


def options_table() -> str:
    """The options of settings.ini as a Markdown table."""
    rows = ["| Section | Option | Default | Meaning |", "|---|---|---|---|"]
    for option in OPTIONS:
        default = f"`{option.default}`" if option.default else ""
        meaning = option.help.format(name="NAME").replace("|", "\\|")
        rows.append(f"| `[{option.section}]` | `{option.key}` | {default} | {meaning} |")
    rows += [f"| `[{section}]` | any | | {SECTIONS[section]} |" for section in OPEN_SECTIONS]
    return "\n".join(rows) + "\n"


def build_options_table() -> str:
    """The options of a build as a Markdown table."""
    rows = ["| Option | Meaning |", "|---|---|"]
    for item in fields(Options):
        flag = "`collectstatic = false`, `--no-collectstatic`" if item.default is True else _spellings(item.name)
        rows.append(f"| {flag} | {item.metadata['help']} |")
    return "\n".join(rows) + "\n"


def _spellings(name: str) -> str:
    return f"`{name.replace('_', '-')}`"


def with_options_tables(readme: str) -> str:
    """A README with the tables of options up to date."""
    for title, table in (("build options", build_options_table()), ("options", options_table())):
        begin = f"<!-- {title}: written by python -m tests.write_etc -->\n"
        before, _, rest = readme.partition(begin)
        _, _, after = rest.partition(END)
        readme = f"{before}{begin}\n{table}\n{END}{after}"
    return readme


if __name__ == "__main__":
    for file in host_files(SAMPLE):
        (ETC / file.path).parent.mkdir(exist_ok=True)
        (ETC / file.path).write_text(file.text, encoding="utf-8")
    README.write_text(with_options_tables(README.read_text(encoding="utf-8")), encoding="utf-8")
