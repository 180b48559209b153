"""The endpoint to which products send their crash reports."""

from collections.abc import Mapping

from django.core.exceptions import SuspiciousOperation, ValidationError
from django.http import HttpRequest, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from crashstats.forms import CrashReportForm
from crashstats.models import MAX_MINIDUMP_BYTES, CrashReport

MAX_JSON_BYTES = 64 * 1024
MAX_MULTIPART_BYTES = MAX_MINIDUMP_BYTES + MAX_JSON_BYTES


class ReportTooLargeError(Exception):
    """The body has more bytes than a report may have."""


@csrf_exempt
@require_POST
def submit(request: HttpRequest) -> JsonResponse:
    """Store a crash report sent as JSON, or as a form which may also hold a minidump."""
    readers = {"application/json": _form_from_json, "multipart/form-data": _form_from_multipart}
    read_form = readers.get(request.content_type or "")
    if read_form is None:
        message = _("Send the report as application/json or multipart/form-data.")
        return _refuse({"content_type": [message]}, status=415)
    try:
        form = read_form(request)
    except ReportTooLargeError:
        return _refuse({"body": [_("The report is too large.")]}, status=413)
    except ValidationError as error:
        return _refuse(error.message_dict)
    if not form.is_valid():
        return _refuse(form.error_messages_by_field())
    return _accept(form.save())


def _form_from_json(request: HttpRequest) -> CrashReportForm:
    """Read the body, but no more than is allowed."""
    body = request.read(MAX_JSON_BYTES + 1)
    if len(body) > MAX_JSON_BYTES:
        raise ReportTooLargeError
    return CrashReportForm.from_json(body)


def _form_from_multipart(request: HttpRequest) -> CrashReportForm:
    """Parse the body unless it announces to be larger than allowed."""
    try:
        if int(request.headers.get("Content-Length") or 0) > MAX_MULTIPART_BYTES:
            raise ReportTooLargeError
        return CrashReportForm(request.POST, request.FILES)
    except (MultiPartParserError, SuspiciousOperation, ValueError) as error:
        raise ValidationError({"body": _("This is not a valid form.")}) from error


def _accept(report: CrashReport) -> JsonResponse:
    """Tell the client where its report is."""
    url = report.get_absolute_url()
    return JsonResponse({"id": str(report.pk), "url": url}, status=201, headers={"Location": url})


def _refuse(errors: Mapping[str, list[str]], status: int = 400) -> JsonResponse:
    """Tell the client what is wrong with its report."""
    return JsonResponse({"errors": errors}, status=status)
