"""Write what is made from the options' declaration: etc/ and the table in README.md.

`python -m tests.write_etc`, with src on PYTHONPATH.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from django_pyz.options import Options
from django_pyz_runtime.config.etc_files import Names, etc_files, options_table

CHECKOUT = Path(__file__).resolve().parent.parent
ETC = CHECKOUT / "etc"
README = CHECKOUT / "README.md"
END = "<!-- end of options -->"
SAMPLE = Names(name="project", script="project-script", package="myproj")


def write_etc(folder: Path) -> None:
    """Write the sample's files below a folder."""
    for name, text in etc_files(SAMPLE).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def build_options_table() -> str:
    """The options of a build as a Markdown table."""
    rows = ["| Option | Meaning |", "|---|---|"]
    for item in fields(Options):
        flag = "`collectstatic = false`, `--no-collectstatic`" if item.default is True else _spellings(item.name)
        rows.append(f"| {flag} | {item.metadata['help'].replace(' (repeatable)', '')} |")
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
    write_etc(ETC)
    README.write_text(with_options_tables(README.read_text(encoding="utf-8")), encoding="utf-8")
