"""Forms: what people type, checked once, with the message beside the field."""

import secrets
from collections.abc import Sequence
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    HiddenField,
    IntegerField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp, ValidationError

from portal.models.knowledge import ARTICLE_LENGTH, SUMMARY_LENGTH, TITLE_LENGTH
from portal.models.ticket import BODY_LENGTH, SUBJECT_LENGTH
from portal.rules.addresses import is_address
from portal.rules.one_line import is_blank, one_line
from portal.rules.vocabulary import ArticleStatus
from portal.services.accounts import NAME_LENGTH, PASSWORD_MAX, PASSWORD_MIN
from portal.services.attachments import Upload, UploadRefused

ADDRESS_LENGTH = 254
KEY_LENGTH = 64


class OnlyText:
    """Characters that no text holds: NUL and lone surrogates, which the database would refuse too."""

    def __call__(self, _form: Any, field: Any) -> None:
        value = field.data or ""
        if "\0" in value or any(0xD800 <= ord(char) <= 0xDFFF for char in value):
            raise ValidationError("This holds characters that are not text.")


class OneLine:
    """One line before anything else is checked; NUL stays, so that it is refused and not mended."""

    def __call__(self, value: str | None) -> str | None:
        return value and "\0".join(one_line(part) for part in value.split("\0"))


class NotBlank:
    """Spaces alone are nothing."""

    def __init__(self, message: str) -> None:
        self.message = message
        self.field_flags = {"required": True}

    def __call__(self, _form: Any, field: Any) -> None:
        if is_blank(field.data or ""):
            raise ValidationError(self.message)


class FullAddress:
    """A whole mail address, as rules/addresses has it."""

    field_flags = {"required": True}

    def __call__(self, _form: Any, field: Any) -> None:
        if not is_address(field.data or ""):
            raise ValidationError("Enter a full address, like name@example.com.")


def _at_most(length: int) -> Length:
    return Length(max=length, message=f"Use at most {length:,} characters.")


def _line(label: str, missing: str, length: int) -> StringField:
    return StringField(label, filters=[OneLine()], validators=[NotBlank(missing), _at_most(length), OnlyText()])


def _address(label: str = "E-mail address") -> EmailField:
    return EmailField(label, filters=[OneLine()], validators=[Length(max=ADDRESS_LENGTH), OnlyText(), FullAddress()])


def _text(label: str, missing: str) -> TextAreaField:
    return TextAreaField(label, validators=[NotBlank(missing), _at_most(BODY_LENGTH), OnlyText()])


def _new_password() -> PasswordField:
    return PasswordField(
        "Password",
        description=f"At least {PASSWORD_MIN} characters.",
        validators=[
            InputRequired("Choose a password."),
            Length(min=PASSWORD_MIN, message=f"Use at least {PASSWORD_MIN} characters."),
            Length(max=PASSWORD_MAX, message=f"Use at most {PASSWORD_MAX} characters."),
            OnlyText(),
        ],
    )


class LoginForm(FlaskForm):
    email = _address()
    password = PasswordField("Password", validators=[InputRequired("Enter your password."), Length(max=1024)])
    next = HiddenField()


class SignupForm(FlaskForm):
    """The password is chosen on the page the mailed link opens."""

    name = _line("Name", "Tell us what to call you.", NAME_LENGTH)
    email = _address()


class AddressForm(FlaskForm):
    email = _address()


class PasswordForm(FlaskForm):
    password = _new_password()


class PressForm(FlaskForm):
    """Nothing but a button: the token in the address says what, the POST says now."""


class NewTicketForm(FlaskForm):
    """What a customer fills in; priority is not asked."""

    subject = _line("Subject", "Say in one line what it is about.", SUBJECT_LENGTH)
    description = _text("What happened?", "Describe what happened.")
    category = SelectField("Category", validators=[NotBlank("Choose a category.")])
    submission_key = HiddenField(validators=[Length(max=KEY_LENGTH), OnlyText()])


class GuestTicketForm(NewTicketForm):
    """The same from somebody without an account: the ticket starts once the mailed link is used."""

    email = _address("Your e-mail address")
    name = StringField("Name", filters=[OneLine()], validators=[Optional(), Length(max=NAME_LENGTH), OnlyText()])


class ReplyForm(FlaskForm):
    body = _text("Message", "Write a message first.")
    submission_key = HiddenField(validators=[Length(max=KEY_LENGTH), OnlyText()])


class AgentMessageForm(ReplyForm):
    """Reply or note, and what becomes of the ticket after a reply."""

    kind = SelectField(choices=["reply", "note"], default="reply")
    then = SelectField(choices=["", "waiting_customer", "in_progress", "resolved"], default="", validators=[Optional()])


class RatingForm(FlaskForm):
    score = SelectField("Rating", choices=[str(score) for score in range(1, 6)])
    comment = TextAreaField("Anything to add?", validators=[Optional(), Length(max=5000), OnlyText()])


class ArticleForm(FlaskForm):
    """What an article says. A new category is made when its name is written; version is the one the writer saw."""

    title = _line("Title", "Give the article a title.", TITLE_LENGTH)
    summary = TextAreaField(
        "Summary", filters=[OneLine()], validators=[Optional(), _at_most(SUMMARY_LENGTH), OnlyText()]
    )
    body = TextAreaField("Text", validators=[NotBlank("Write the article."), _at_most(ARTICLE_LENGTH), OnlyText()])
    category = SelectField("Category", validate_choice=False, validators=[Length(max=100), OnlyText()])
    new_category = StringField("Or a new one", filters=[OneLine()], validators=[Optional(), _at_most(100), OnlyText()])
    tags = StringField("Tags", filters=[OneLine()], validators=[Optional(), _at_most(1000), OnlyText()])
    status = SelectField("Status", choices=[status.value for status in ArticleStatus])
    review_on = DateField("Look at it again on", validators=[Optional()])
    version = HiddenField(validators=[Optional(), Regexp(r"[0-9]{1,9}$")])


class KbCategoryForm(FlaskForm):
    name = _line("Name", "Give the category a name.", 100)
    description = StringField("Description", filters=[OneLine()], validators=[Optional(), _at_most(300), OnlyText()])
    position = IntegerField("Place", validators=[Optional(), NumberRange(0, 10_000)])


class QuickAnswerForm(FlaskForm):
    title = _line("Title", "Give the answer a title.", 200)
    patterns = _text("Ways to ask it", "Write at least one way in which people ask this.")
    answer = _text("Answer", "Write the answer.")
    is_enabled = BooleanField("Offer this answer")


class SynonymForm(FlaskForm):
    words = _line("Words that mean the same", "Write at least two words, with a comma between them.", 1000)


class ArticleRatingForm(FlaskForm):
    helpful = SelectField("Did this help?", choices=["yes", "no"])
    comment = TextAreaField("What could be better?", validators=[Optional(), Length(max=2000), OnlyText()])


def new_submission_key() -> str:
    """A key for one sending of a form; the same key does its work once."""
    return secrets.token_urlsafe(18)


def uploads(name: str = "attachments") -> Sequence[Upload]:
    """The files of a request; an empty file field is none."""
    return [Upload(file.filename, file.stream) for file in request.files.getlist(name) if file.filename]


def choose_again(refused: UploadRefused) -> list[str]:
    """What stands beside the files of a form that comes back: no browser keeps them chosen."""
    return [str(refused), "Your text is still here; please choose your files again."]
