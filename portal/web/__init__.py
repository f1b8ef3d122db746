"""Hall: what the HTML and JSON doors share."""
