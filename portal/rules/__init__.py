"""Law: pure functions and enums. No SQL, no Flask, no clock, no input or output."""
