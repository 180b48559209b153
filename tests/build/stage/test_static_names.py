"""Static files that templates name and that are not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from django_pyz.stage.static_names import not_collected
from tests.build.trees import write_tree


def _found(tmp_path: Path, text: str, name: str = "templates/base.html") -> list[tuple[str, str]]:
    project = write_tree(tmp_path / "project", {name: text})
    collected = write_tree(tmp_path / "static", {"site.css": "", "img/a.png": ""})
    paths = {"paths": {"only-hashed.css": "only-hashed.0123456789ab.css"}}
    (collected / "staticfiles.json").write_text(json.dumps(paths))
    return list(not_collected(project, [Path(name)], collected))


@pytest.mark.parametrize(
    "text",
    [
        "{% static 'app.css' %}",
        '{% static "app.css" as url %}',
        "{%- static 'app.css' -%}",
        "{{ static('app.css') }}",
        "{{ url | default(static('app.css')) }}",
        "{% static 'app.css?v=3' %}",
        "<!-- {% static 'app.css' %} -->",
    ],
)
def test_a_name_that_no_file_has_is_found_with_its_place(tmp_path: Path, text: str) -> None:
    assert _found(tmp_path, f"{{# one\ntwo #}}\n\n{text}\n") == [("templates/base.html:4", "app.css")]


@pytest.mark.parametrize(
    "text",
    [
        "{% static 'site.css' %}",
        "{% static 'site.css#top' %}",
        "{% static 'only-hashed.css' %}",
        "{% static 'img/' %}{{ name }}",
        "{% static 'img' %}",
        "{% static name %}",
        """{% static 'theme-'|add:name|add:'.css' %}""",
        "{# {% static 'no.css' %} #}",
        "{% comment 'why' %}\n{% static 'no.css' %}\n{% endcomment %}",
        "{% statics 'no.css' %}",
        "static('no.css')",
    ],
)
def test_what_is_there_or_cannot_be_told_is_not(tmp_path: Path, text: str) -> None:
    assert _found(tmp_path, text) == []


@pytest.mark.parametrize("name", ["tests/templates/base.html", "base.py"])
def test_tests_and_other_files_are_not_read(tmp_path: Path, name: str) -> None:
    assert _found(tmp_path, "{% static 'no.css' %}", name) == []
