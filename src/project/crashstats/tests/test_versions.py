from django.test import SimpleTestCase

from crashstats.versions import version_key


class VersionKeyTests(SimpleTestCase):
    def test_versions_sort_naturally(self) -> None:
        versions = ["nightly", "9.0", "10.0b2", "10.0b10", "10.0rc1", "10.0", "10.0.1", "10.1"]
        self.assertEqual(sorted(set(versions), key=version_key), versions)
