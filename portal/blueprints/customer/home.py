"""The help centre's front page."""

from flask.typing import ResponseReturnValue

from portal.blueprints.customer import customer
from portal.web.guards import public
from portal.web.pages import page


@customer.get("/")
@public
def home() -> ResponseReturnValue:
    return page("customer/home.html")
