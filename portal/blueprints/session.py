"""Signing up, in and out; passwords and single-use links. A GET never changes anything."""

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.base.unit_of_work import unit_of_work
from portal.models import User
from portal.rules.vocabulary import TokenPurpose
from portal.services import accounts, one_time
from portal.web import limits
from portal.web.forms import AddressForm, LoginForm, PasswordForm, PressForm, SignupForm
from portal.web.guards import local_path, person, public
from portal.web.pages import page
from portal.web.sign_in import sign_in, sign_out

session_door = Blueprint("session", __name__)

WRONG = "That address and password do not belong together."
SPENT = "This link has been used or is too old. Ask for a new one."


@session_door.get("/login")
@public
def login() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(_home(person()), 303)
    return page("session/login.html", form=LoginForm(next=request.args.get("next")))


@session_door.post("/login")
@public
@limits.limit(limits.SIGN_IN)
@limits.limit(limits.SIGN_IN, limits.named_address)
def log_in() -> ResponseReturnValue:
    form = LoginForm()
    if not form.validate():
        return page("session/login.html", form=form, status=422)
    with unit_of_work():
        user = accounts.check_sign_in(form.email.data, form.password.data)
    if user is None:
        form.form_errors.append(WRONG)
        return page("session/login.html", form=form, status=422)
    sign_in(user)
    return redirect(local_path(form.next.data) or _home(user), 303)


@session_door.post("/logout")
@public
def logout() -> ResponseReturnValue:
    sign_out()
    response = redirect("/login", 303)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@session_door.get("/signup")
@public
def signup() -> ResponseReturnValue:
    return page("session/signup.html", form=SignupForm())


@session_door.post("/signup")
@public
@limits.limit(limits.SIGN_UP)
@limits.limit(limits.MAILED_LINK, limits.named_address)
def sign_up() -> ResponseReturnValue:
    form = SignupForm()
    if not form.validate():
        return page("session/signup.html", form=form, status=422)
    with unit_of_work():
        accounts.sign_up(form.name.data, form.email.data)
    return page("session/check_mail.html", address=form.email.data, reason="verify")


@session_door.get("/verify/<token>")
@public
def verify(token: str) -> ResponseReturnValue:
    """Mail scanners follow links: the GET only asks for the password."""
    if not one_time.is_open(TokenPurpose.VERIFY_ADDRESS, token):
        return _spent("/signup")
    return page("session/verify.html", token=token, form=PasswordForm())


@session_door.post("/verify/<token>")
@public
@limits.limit(limits.SIGN_IN)
def verify_now(token: str) -> ResponseReturnValue:
    form = PasswordForm()
    if not form.validate():
        return page("session/verify.html", token=token, form=form, status=422)
    try:
        with unit_of_work():
            user = accounts.verify_address(token, form.password.data)
    except one_time.LinkSpent:
        return _spent("/signup")
    sign_in(user)
    flash("Welcome. Your address is confirmed.")
    return redirect(_home(user), 303)


@session_door.get("/login/link")
@public
def sign_in_link() -> ResponseReturnValue:
    return page("session/sign_in_link.html", form=AddressForm())


@session_door.post("/login/link")
@public
@limits.limit(limits.MAILED_LINK)
@limits.limit(limits.MAILED_LINK, limits.named_address)
def send_sign_in_link() -> ResponseReturnValue:
    form = AddressForm()
    if not form.validate():
        return page("session/sign_in_link.html", form=form, status=422)
    with unit_of_work():
        accounts.ask_for_sign_in_link(form.email.data)
    return page("session/check_mail.html", address=form.email.data, reason="link")


@session_door.get("/login/link/<token>")
@public
def confirm_sign_in(token: str) -> ResponseReturnValue:
    """Mail scanners follow links: the GET only shows a button."""
    if not one_time.is_open(TokenPurpose.SIGN_IN, token):
        return _spent("/login/link")
    return page("session/sign_in_confirm.html", token=token, form=PressForm())


@session_door.post("/login/link/<token>")
@public
@limits.limit(limits.SIGN_IN)
def sign_in_by_link(token: str) -> ResponseReturnValue:
    try:
        with unit_of_work():
            user = accounts.sign_in_by_link(token)
    except one_time.LinkSpent:
        return _spent("/login/link")
    sign_in(user)
    return redirect(_home(user), 303)


@session_door.get("/password/forgot")
@public
def forgot_password() -> ResponseReturnValue:
    return page("session/password_forgot.html", form=AddressForm())


@session_door.post("/password/forgot")
@public
@limits.limit(limits.MAILED_LINK)
@limits.limit(limits.MAILED_LINK, limits.named_address)
def send_password_reset() -> ResponseReturnValue:
    form = AddressForm()
    if not form.validate():
        return page("session/password_forgot.html", form=form, status=422)
    with unit_of_work():
        accounts.ask_for_password_reset(form.email.data)
    return page("session/check_mail.html", address=form.email.data, reason="reset")


@session_door.get("/password/reset/<token>")
@public
def reset_password(token: str) -> ResponseReturnValue:
    if not one_time.is_open(TokenPurpose.PASSWORD_RESET, token):
        return _spent("/password/forgot")
    return page("session/password_reset.html", token=token, form=PasswordForm())


@session_door.post("/password/reset/<token>")
@public
@limits.limit(limits.SIGN_IN)
def reset_password_now(token: str) -> ResponseReturnValue:
    form = PasswordForm()
    if not form.validate():
        return page("session/password_reset.html", token=token, form=form, status=422)
    try:
        with unit_of_work():
            user = accounts.reset_password(token, form.password.data)
    except one_time.LinkSpent:
        return _spent("/password/forgot")
    sign_in(user)
    flash("Your password is changed. Every other session has ended.")
    return redirect(_home(user), 303)


@session_door.post("/theme")
@public
def theme() -> ResponseReturnValue:
    """Light, dark, or as the system says; kept in a cookie, so that the server writes the page right at once."""
    chosen = request.form.get("theme")
    quiet = request.headers.get("X-Requested-With") == "fetch"
    response = redirect(local_path(request.form.get("next")) or "/", 303)
    if quiet:
        response.status_code, response.data = 204, b""
    if chosen in ("light", "dark"):
        response.set_cookie("theme", chosen, max_age=31_536_000, samesite="Lax", secure=request.is_secure)
    else:
        response.delete_cookie("theme")
    return response


def _spent(again: str) -> ResponseReturnValue:
    flash(SPENT, "error")
    return redirect(again, 303)


def _home(user: User) -> str:
    return "/agent" if user.is_staff else "/tickets"
