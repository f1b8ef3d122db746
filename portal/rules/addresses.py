"""What counts as a mail address."""

from email_validator import EmailNotValidError, validate_email


def is_address(text: str) -> bool:
    """A full address in plain ASCII, name@domain with a dot in the domain. Nobody is asked whether it exists.

    Names under `.test` pass: demos and tests live there, and no mail ever arrives.
    """
    if not text.isascii():
        return False
    try:
        validate_email(text, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError:
        return False
    return True
