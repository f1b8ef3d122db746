"""Ground: settings, clock, database, queue, storage, tokens, markup. Imports nothing else of ours."""
