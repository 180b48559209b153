"""The door between the wings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import FILE_NAME, Manifest
from django_pyz_runtime.errors import UserError


def test_a_manifest_survives_the_way_through_json(manifest: Manifest) -> None:
    full = manifest._replace(has_pth=True, sealed={"settings.X": "é"}, sbom={"components": [{"name": "x"}]})
    assert Manifest.from_json(full.to_json()) == full


def test_equal_manifests_have_equal_json(manifest: Manifest) -> None:
    one = manifest._replace(sealed={"a.a": "1", "b.b": "2"})
    other = manifest._replace(sealed={"b.b": "2", "a.a": "1"})
    assert one.to_json() == other.to_json()


def test_what_a_newer_build_adds_is_passed_over(manifest: Manifest) -> None:
    data = {**json.loads(manifest.to_json()), "invented_later": 1}
    assert Manifest.from_json(json.dumps(data)) == manifest


def test_another_format_is_refused(manifest: Manifest) -> None:
    text = manifest.to_json().replace('"format": 1', '"format": 2')
    with pytest.raises(UserError, match="wanted format 1, found 2") as caught:
        Manifest.from_json(text)
    assert caught.value.hint == "Build the file again."


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", 1), ("has_pth", "yes"), ("import_roots", "x"), ("data_paths", [1]), ("sealed", {"a.b": 1}), ("sbom", [])],
)
def test_a_value_of_another_type_is_refused(manifest: Manifest, field: str, value: object) -> None:
    data = {**json.loads(manifest.to_json()), field: value}
    with pytest.raises(UserError, match=r"^manifest: damaged \(wanted "):
        Manifest.from_json(json.dumps(data))


@pytest.mark.parametrize(
    ("field", "value"), [("where", 1), ("default", 2), ("condition", None), ("is_required", "yes")]
)
def test_a_variable_of_another_type_is_refused(manifest: Manifest, field: str, value: object) -> None:
    variable = {"name": "A", "default": None, "kind": "", "where": "x.py:1", field: value}
    data = {**json.loads(manifest.to_json()), "variables": [variable]}
    with pytest.raises(UserError, match=r"^manifest: damaged \(wanted strings"):
        Manifest.from_json(json.dumps(data))


@pytest.mark.parametrize("text", ["", "[]", "1", "{}", '{"format": 1}', '{"format": 1, "import_roots": 1}', '"format"'])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"^manifest: damaged"):
        Manifest.from_json(text)


def test_a_bundle_is_read_from_its_tree(manifest: Manifest, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(manifest.to_json(), encoding="utf-8")
    bundle = Bundle.load("/usr/bin/project-script", str(tmp_path), "abc")
    assert bundle == Bundle(Path("/usr/bin/project-script"), tmp_path, "abc", manifest)
    assert bundle.project_folder == tmp_path.parent / "__project__"
    staged, of_tree = Bundle.staged(str(tmp_path)), Bundle.of_tree(str(tmp_path))
    assert (staged.executable, staged.is_staged) == (tmp_path, True)
    assert of_tree.started_from("/usr/bin/x") == Bundle(Path("/usr/bin/x"), tmp_path, tmp_path.parent.name, manifest)


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_tree_without_manifest_is_refused(content: bytes | None, tmp_path: Path) -> None:
    if content:
        (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(UserError, match=f"^{tmp_path}/{FILE_NAME}: cannot be read"):
        Bundle.load("/x", str(tmp_path), "abc")


def test_the_prefix_is_the_names(manifest: Manifest) -> None:
    assert manifest._replace(name="my-site").env_prefix == "MY_SITE__"
