"""What counts as a mail address."""

from email_validator import EmailNotValidError, validate_email

LONGEST = 254  # characters; what RFC 5321 leaves of a path


def with_ascii_domain(text: str) -> str:
    """The address with its international domain as mail servers write it (xn--…); as it is where that cannot be done."""
    local, at, domain = text.rpartition("@")
    if domain.isascii():
        return text
    try:
        asked = validate_email(f"a@{domain}", check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return text
    return f"{local}{at}{asked.ascii_domain}"


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
