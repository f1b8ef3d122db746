"""What the database keeps by itself: the search documents, and events that nobody rewrites."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# A tsvector holds at most 1 MB; past a quarter of that a very long thread is found by its earlier words only.
TICKET_OPENED = """
create function ticket_search_opened() returns trigger language plpgsql as $$
begin
    insert into ticket_search (ticket_id, requester_id, is_active, document, staff_document)
    select new.id, new.requester_id, new.status in ('open', 'in_progress', 'waiting_customer'), words, words
    from (select setweight(to_tsvector('english', new.subject), 'A') as words) as subject;
    return null;
end $$
"""

TICKET_CHANGED = """
create function ticket_search_changed() returns trigger language plpgsql as $$
begin
    update ticket_search
    set requester_id = new.requester_id, is_active = new.status in ('open', 'in_progress', 'waiting_customer')
    where ticket_id = new.id
      and (requester_id, is_active)
          is distinct from (new.requester_id, new.status in ('open', 'in_progress', 'waiting_customer'));
    return null;
end $$
"""

MESSAGE_WRITTEN = """
create function ticket_search_message() returns trigger language plpgsql as $$
declare
    words tsvector := to_tsvector('english', left(new.body, 50000));
begin
    update ticket_search
    set document = case when new.is_internal or pg_column_size(document) > 262144 then document
                        else document || words end,
        staff_document = case when pg_column_size(staff_document) > 262144 then staff_document
                              else staff_document || words end
    where ticket_id = new.ticket_id;
    return null;
end $$
"""

NO_CHANGE = """
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name;
end $$
"""

TRIGGERS = {
    "ticket_search_opened": "after insert on support_tickets for each row",
    "ticket_search_changed": "after update of status, requester_id on support_tickets for each row",
    "ticket_search_message": "after insert on support_ticket_messages for each row",
}


def upgrade() -> None:
    for statement in (TICKET_OPENED, TICKET_CHANGED, MESSAGE_WRITTEN, NO_CHANGE):
        op.execute(statement)
    for name, moment in TRIGGERS.items():
        op.execute(f"create trigger {name} {moment} execute function {name}()")
    op.execute(
        "create trigger append_only before update on ticket_events for each row execute function refuse_change()"
    )


def downgrade() -> None:
    op.execute("drop function refuse_change() cascade")
    for name in TRIGGERS:
        op.execute(f"drop function {name}() cascade")
