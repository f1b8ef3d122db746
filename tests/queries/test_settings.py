"""Settings come from rows, and a row changed counts at once."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.base.database import db
from portal.models import Setting
from portal.queries.settings import reopen_window, setting


@pytest.mark.usefixtures("app")
class TestSettings:
    def test_have_the_defaults_of_the_product(self) -> None:
        assert reopen_window() == timedelta(days=7)
        assert (setting("survey_change_days"), setting("sla_warning_share")) == (14, 0.75)

    def test_that_no_migration_has_put_are_an_error(self) -> None:
        with pytest.raises(LookupError, match="no setting nonsense"):
            setting("nonsense")

    def test_changed_count_at_once(self) -> None:
        db.session.execute(update(Setting).where(Setting.key == "reopen_window_days").values(value=3))
        assert reopen_window() == timedelta(days=3)
        db.session.rollback()
