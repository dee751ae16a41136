"""
Flask: an account is created, its phone gets a code, and the code activates it.

Run it: ``SMS_SIMULATION_MODE=true flask --app 'examples.flask_app:build()' run``. For receipts set
SMS_PUBLIC_BASE_URL to the public address of this service with ``/sms`` at its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response, abort, jsonify, request

from examples.accounts import Accounts, headers_of, status_of
from smsverify.sync import SyncSmsVerifier, get_sms_verifier

if TYPE_CHECKING:
    from smsverify import CheckResult, SendResult


def build() -> Flask:
    """Return the application with the verifier of this process."""
    return create_app(get_sms_verifier())


def create_app(verifier: SyncSmsVerifier) -> Flask:
    """Return the application around a verifier."""
    app, accounts = Flask(__name__), Accounts()
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024  # what a webhook may have at most

    @app.post("/accounts")
    def create() -> tuple[Response, int, dict[str, str]]:
        phone = request.form.get("phone", "")
        result = verifier.send_verification_sms(phone, "MyApp", client_id=request.remote_addr)
        if not (result.success or result.may_have_arrived):
            return refuse(result)
        return jsonify(account=accounts.create(phone)), 202, {}

    @app.post("/accounts/<name>/code")
    def check(name: str) -> tuple[Response, int, dict[str, str]]:
        account = accounts.get(name) or abort(404)
        code = request.form.get("code", "")
        result = verifier.verify_code(account.phone, code, client_id=request.remote_addr)
        if not result.success:
            return refuse(result)
        account.active = True
        return jsonify(active=True), 200, {}

    @app.post("/sms/webhooks/twilio/<_kind>")
    def webhook(_kind: str) -> tuple[bytes, int, dict[str, str]]:
        target = f"{request.path}?{request.query_string.decode('latin-1')}".removesuffix("?")
        answer = verifier.handle_webhook(
            request.method, target, list(request.headers.items()), request.get_data()
        )
        return answer.body, answer.status, answer.headers

    return app


def refuse(result: SendResult | CheckResult) -> tuple[Response, int, dict[str, str]]:
    """Tell a stranger no more than is fit for one."""
    return jsonify(error=result.public_error), status_of(result, 200), headers_of(result)
