"""
Django: an account is created, its phone gets a code, and the code activates it.

The views are what you take; the settings at the end make this one file a project of its own:
``SMS_SIMULATION_MODE=true python -m examples.django_app runserver``. For receipts set
SMS_PUBLIC_BASE_URL to the public address of this service with ``/sms`` at its end.
"""

# Django brings no types of its own.
# mypy: disable-error-code="import-untyped, untyped-decorator"

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from examples.accounts import Accounts, headers_of, status_of
from smsverify.sync import get_sms_verifier

if TYPE_CHECKING:
    from smsverify import CheckResult, SendResult

ACCOUNTS = Accounts()


@csrf_exempt  # this example has no page with a form; yours has, so leave the protection on
@require_POST
def create(request: HttpRequest) -> HttpResponse:
    """Send a code to the phone of a new account."""
    phone = request.POST.get("phone", "")
    result = get_sms_verifier().send_verification_sms(phone, "MyApp", client_id=client_of(request))
    if not (result.success or result.may_have_arrived):
        return refuse(result)
    return JsonResponse({"account": ACCOUNTS.create(phone)}, status=202)


@csrf_exempt
@require_POST
def check(request: HttpRequest, name: str) -> HttpResponse:
    """Activate an account with the code that its phone got."""
    account = ACCOUNTS.get(name)
    if account is None:
        raise Http404
    code = request.POST.get("code", "")
    result = get_sms_verifier().verify_code(account.phone, code, client_id=client_of(request))
    if not result.success:
        return refuse(result)
    account.active = True
    return JsonResponse({"active": True})


@csrf_exempt  # Twilio proves itself by its signature
def webhook(request: HttpRequest, **_: str) -> HttpResponse:
    """Hand the provider's request on, and its answer back."""
    target = f"{request.path}?{request.META.get('QUERY_STRING', '')}".removesuffix("?")
    answer = get_sms_verifier().handle_webhook(
        str(request.method), target, list(request.headers.items()), request.body
    )
    return HttpResponse(answer.body, status=answer.status, headers=answer.headers)


def client_of(request: HttpRequest) -> str:
    """Return who asks; behind a proxy take the address that your proxy vouches for."""
    return str(request.META["REMOTE_ADDR"])


def refuse(result: SendResult | CheckResult) -> HttpResponse:
    """Tell a stranger no more than is fit for one."""
    body = {"error": result.public_error}
    return JsonResponse(body, status=status_of(result, 200), headers=headers_of(result))


urlpatterns = [
    path("accounts", create),
    path("accounts/<name>/code", check),
    path("sms/webhooks/twilio/<kind>", webhook),
]

if not settings.configured:
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="of the example")
application = get_wsgi_application()

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
