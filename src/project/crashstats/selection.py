"""What the visitor chose to look at: a product, perhaps one version, and a period."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from crashstats.models import CrashReport
from crashstats.periods import Period
from crashstats.queries import Product, within

PERIOD_LENGTHS = (7, 14, 30)
DEFAULT_LENGTH = 14


@dataclass(frozen=True)
class Selection:
    """
    A product, a version of it (empty: all of them) and a period.

    The period ends on the day of the product's last crash, so old data can be explored as well.
    """

    product: Product
    version: str
    period: Period

    @classmethod
    def from_query(cls, query: Mapping[str, str], products: list[Product]) -> Self:
        """Read the choice from a query string. The default is the product which crashed most."""
        product = _find_product(query.get("product"), products)
        version = query.get("version", "")
        if version and version not in product.version_names:
            raise Http404(_("There are no crash reports for this version."))
        last_day = timezone.localdate(product.last_crash)
        return cls(product, version, Period(_period_length(query.get("days")), last_day))

    @property
    def history(self) -> QuerySet[CrashReport]:
        """All reports of the product and the version, at any time."""
        reports = CrashReport.objects.filter(product=self.product.name)
        return reports.filter(version=self.version) if self.version else reports

    @property
    def reports(self) -> QuerySet[CrashReport]:
        """The reports of the product and the version in the period."""
        return within(self.history, self.period)


def _find_product(name: str | None, products: list[Product]) -> Product:
    """Return the product of this name, or the first one if no name was given."""
    for product in products:
        if name is None or product.name == name:
            return product
    raise Http404(_("There are no crash reports for this product."))


def _period_length(days: str | None) -> int:
    """Return the chosen number of days, or the default for anything else."""
    lengths = {str(length): length for length in PERIOD_LENGTHS}
    return lengths.get(days or "", DEFAULT_LENGTH)
