"""What both clients share. Nothing here does I/O, waits, or knows which of them it serves."""
