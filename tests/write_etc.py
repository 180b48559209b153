"""Write what is made from the options' declaration: etc/ and the table in README.md.

`python -m tests.write_etc`, with src on PYTHONPATH.
"""

from __future__ import annotations

from pathlib import Path

from django_pyz_runtime.shipped import Names, options_table, shipped_files

CHECKOUT = Path(__file__).resolve().parent.parent
ETC = CHECKOUT / "etc"
README = CHECKOUT / "README.md"
BEGIN, END = "<!-- options: written by python -m tests.write_etc -->\n", "<!-- end of options -->"
SAMPLE = Names(name="project", script="project-script", package="myproj")


def write_etc(folder: Path) -> None:
    """Write the sample's files below a folder."""
    for name, text in shipped_files(SAMPLE).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def with_options_table(readme: str) -> str:
    """A README with the table of options up to date."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{options_table()}\n{END}{after}"


if __name__ == "__main__":
    write_etc(ETC)
    README.write_text(with_options_table(README.read_text(encoding="utf-8")), encoding="utf-8")
