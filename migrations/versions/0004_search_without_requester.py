"""Ticket search reads whose a ticket is from the ticket alone: its copy of the requester goes."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OPENED = """
create or replace function ticket_search_opened() returns trigger language plpgsql as $$
begin
    insert into ticket_search (ticket_id, is_active, document, staff_document)
    select new.id, new.status in ('open', 'in_progress', 'waiting_customer'), words, words
    from (select setweight(to_tsvector('english', new.subject), 'A') as words) as subject;
    return null;
end $$
"""

CHANGED = """
create or replace function ticket_search_changed() returns trigger language plpgsql as $$
begin
    update ticket_search
    set is_active = new.status in ('open', 'in_progress', 'waiting_customer')
    where ticket_id = new.id
      and is_active is distinct from (new.status in ('open', 'in_progress', 'waiting_customer'));
    return null;
end $$
"""

OPENED_BEFORE = """
create or replace function ticket_search_opened() returns trigger language plpgsql as $$
begin
    insert into ticket_search (ticket_id, requester_id, is_active, document, staff_document)
    select new.id, new.requester_id, new.status in ('open', 'in_progress', 'waiting_customer'), words, words
    from (select setweight(to_tsvector('english', new.subject), 'A') as words) as subject;
    return null;
end $$
"""

CHANGED_BEFORE = """
create or replace function ticket_search_changed() returns trigger language plpgsql as $$
begin
    update ticket_search
    set requester_id = new.requester_id, is_active = new.status in ('open', 'in_progress', 'waiting_customer')
    where ticket_id = new.id
      and (requester_id, is_active)
          is distinct from (new.requester_id, new.status in ('open', 'in_progress', 'waiting_customer'));
    return null;
end $$
"""


def upgrade() -> None:
    op.execute(OPENED)
    op.execute(CHANGED)
    _when_changed("status")
    op.drop_index("ix_ticket_search_requester", "ticket_search")
    op.drop_column("ticket_search", "requester_id")


def downgrade() -> None:
    op.add_column("ticket_search", sa.Column("requester_id", sa.BigInteger(), nullable=True))
    op.execute(
        "update ticket_search set requester_id = ticket.requester_id"
        " from support_tickets as ticket where ticket.id = ticket_search.ticket_id"
    )
    op.alter_column("ticket_search", "requester_id", nullable=False)
    op.create_index("ix_ticket_search_requester", "ticket_search", ["requester_id", "ticket_id"])
    op.execute(OPENED_BEFORE)
    op.execute(CHANGED_BEFORE)
    _when_changed("status, requester_id")


def _when_changed(columns: str) -> None:
    op.execute("drop trigger ticket_search_changed on support_tickets")
    op.execute(
        f"create trigger ticket_search_changed after update of {columns} on support_tickets"
        " for each row execute function ticket_search_changed()"
    )
