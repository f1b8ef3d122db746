"""The search documents of loaded tickets, as the triggers would have written them."""

from portal.base.database import db

# Notes come after the public words: where a word stands within the document is no matter of search here.
_DOCUMENTS = """
insert into ticket_search (ticket_id, is_active, document, staff_document)
select ticket.id, ticket.status in ('open', 'in_progress', 'waiting_customer'), words,
       case when notes is null then words else words || to_tsvector('english', notes) end
from (
    select ticket_id,
           string_agg(left(body, 50000), ' ' order by id) filter (where not is_internal) as public,
           string_agg(left(body, 50000), ' ' order by id) filter (where is_internal) as notes
    from support_ticket_messages
    where id between %(first_message)s and %(last_message)s
    group by ticket_id
) as thread
join support_tickets as ticket on ticket.id = thread.ticket_id
cross join lateral (
    select setweight(to_tsvector('english', ticket.subject), 'A') || to_tsvector('english', thread.public) as words
    offset 0
) as public_words
"""


def write_documents(first_message: int, last_message: int) -> None:
    """Index every ticket whose messages lie between the two ids, ends included; none lies across an end."""
    db.session.connection().exec_driver_sql(_DOCUMENTS, {"first_message": first_message, "last_message": last_message})
