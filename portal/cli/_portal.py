"""What commands that change rows share: the running portal's database, and a person by address."""

from collections.abc import Iterator
from contextlib import contextmanager

from portal.base.embedded import serving
from portal.base.job_app import create_job_app
from portal.base.problem import Problem
from portal.base.settings import load_settings
from portal.models import User
from portal.queries.people import find_user


@contextmanager
def in_portal() -> Iterator[None]:
    """Inside the app of the settings, its servers started for as long when nobody runs them."""
    with serving(load_settings()) as settings, create_job_app(settings).app_context():
        yield


def person_at(email: str) -> User:
    """Who has this address. Raises Problem."""
    user = find_user(email)
    if user is None:
        raise Problem(f"Nobody has the address {email}: make the person with `portal user create`.")
    return user
