"""Sample data for the component sheet: every component once in each of its states."""

from datetime import timedelta
from typing import Any

from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, SelectChoice, SelectField, TextAreaField

from portal.base.clock import now
from portal.web.clock_views import ClockView


class SampleForm(FlaskForm):
    """One field of each kind."""

    email = EmailField("Reply to")
    password = PasswordField("Password")
    category = SelectField(
        "Category", choices=[SelectChoice("technical", "Technical problem"), SelectChoice("billing", "Billing")]
    )
    text = TextAreaField("What happened?")


def component_samples() -> dict[str, Any]:
    """What templates/dev/ui.html shows: clocks of every level, a form with errors, a moment."""
    moment = now()
    form = SampleForm(formdata=None, data={"email": "hannah.cole@example"})
    form.email.errors = ["Enter a full address, like name@example.com."]
    return {"clocks": _clocks(), "form": form, "moment": moment - timedelta(hours=3)}


def _clocks() -> list[ClockView]:
    moment = now()
    soon, later, past = moment + timedelta(minutes=18), moment + timedelta(hours=41), moment - timedelta(minutes=42)
    return [
        ClockView("First response", "ok", "41:00", "41 h 0 min left", later, later - timedelta(hours=10), 2880, 420),
        ClockView("First response", "risk", "0:18", "18 min left", soon, moment - timedelta(minutes=1), 120, 102),
        ClockView("First response", "breached", "\u22120:42", "Overdue by 42 min", past, past, 120, 120),
        ClockView("First response", "met", "Met", "After 29 min"),
        ClockView("Resolution", "paused", "Paused", "Paused, waiting for the customer"),
        ClockView("Next response", "cancelled", "\u2013", "Not needed any more"),
    ]
