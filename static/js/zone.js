// Tells the server the reader's time zone, so that it writes times as the reader's clock shows them.
document.cookie = `zone=${encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone)};path=/;max-age=31536000;samesite=lax`;
