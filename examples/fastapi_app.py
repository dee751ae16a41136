"""
FastAPI: an account is created, its phone gets a code, and the code activates it.

Run it: ``SMS_SIMULATION_MODE=true uvicorn examples.fastapi_app:build --factory``. For receipts set
SMS_PUBLIC_BASE_URL to the public address of this service with ``/sms`` at its end.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from examples.accounts import Accounts, headers_of, status_of
from smsverify import SmsVerifier, get_sms_verifier
from smsverify.web import create_webhook_app

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from smsverify import CheckResult, SendResult


class NewAccount(BaseModel):
    """What somebody signs up with."""

    phone: str


class Answer(BaseModel):
    """What somebody typed."""

    code: str


def build() -> FastAPI:
    """Return the application with the verifier of this process."""
    return create_app(get_sms_verifier())


def create_app(verifier: SmsVerifier) -> FastAPI:
    """Return the application around a verifier."""
    accounts = Accounts()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await verifier.close()

    app = FastAPI(lifespan=lifespan)
    app.mount("/sms", create_webhook_app(verifier))

    @app.post("/accounts")
    async def create(new: NewAccount, request: Request) -> JSONResponse:
        result = await verifier.send_verification_sms(
            new.phone, "MyApp", client_id=client_of(request)
        )
        if not (result.success or result.may_have_arrived):
            return refuse(result)
        return JSONResponse({"account": accounts.create(new.phone)}, 202)

    @app.post("/accounts/{name}/code")
    async def check(name: str, answer: Answer, request: Request) -> JSONResponse:
        account = accounts.get(name)
        if account is None:
            raise HTTPException(404)
        result = await verifier.verify_code(
            account.phone, answer.code, client_id=client_of(request)
        )
        if not result.success:
            return refuse(result)
        account.active = True
        return JSONResponse({"active": True})

    return app


def client_of(request: Request) -> str | None:
    """Return who asks; behind a proxy take the address that your proxy vouches for."""
    return None if request.client is None else request.client.host


def refuse(result: SendResult | CheckResult) -> JSONResponse:
    """Tell a stranger no more than is fit for one."""
    return JSONResponse({"error": result.public_error}, status_of(result, 200), headers_of(result))
