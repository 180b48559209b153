"""The pages."""

from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crashstats import queries
from crashstats.charts import BarChart, bar_chart
from crashstats.models import CrashReport
from crashstats.origin import origin_of
from crashstats.periods import Period
from crashstats.selection import PERIOD_LENGTHS, Selection

REPORTS_PER_PAGE = 20


@require_safe
def top_crashers(request: HttpRequest) -> HttpResponse:
    """Show the most frequent crashes of a product, or how to send the first report."""
    products = queries.products()
    if not products:
        return _no_reports(request)
    selection = Selection.from_query(request.GET, products)
    context = {
        "products": products,
        "selection": selection,
        "period_lengths": PERIOD_LENGTHS,
        "chart": _chart(selection.reports, selection.period),
        "crashers": queries.top_crashers(selection.history, selection.period),
        "origin": origin_of(request),
    }
    return render(request, "crashstats/top_crashers.html", context)


@require_safe
def signature(request: HttpRequest) -> HttpResponse:
    """Show all about one signature of a product."""
    selection = Selection.from_query(request.GET, queries.products())
    name = request.GET.get("signature", "")
    if not selection.history.filter(signature=name).exists():
        raise Http404(_("There are no crash reports with this signature."))
    reports = selection.reports.filter(signature=name)
    context = {
        "selection": selection,
        "period_lengths": PERIOD_LENGTHS,
        "signature": name,
        "chart": _chart(reports, selection.period),
        "versions": queries.version_shares(reports),
        "platforms": queries.platform_shares(reports),
        "page": Paginator(reports, REPORTS_PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "crashstats/signature.html", context)


@require_safe
def report(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one crash report."""
    return render(request, "crashstats/report.html", {"report": get_object_or_404(CrashReport, pk=pk)})


def _no_reports(request: HttpRequest) -> HttpResponse:
    """Show how to send a report which would be accepted now."""
    context = {
        "submit_url": request.build_absolute_uri(reverse("crashstats:submit")),
        "now": timezone.localtime().isoformat(timespec="seconds"),
        "origin": origin_of(request),
    }
    return render(request, "crashstats/no_reports.html", context)


def _chart(reports: QuerySet[CrashReport], period: Period) -> BarChart:
    """Draw the crashes of each day."""
    return bar_chart(queries.crashes_per_day(reports), period.days)
