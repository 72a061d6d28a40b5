"""The open scan set: held-out synthetic people in REALY's file layout, with the truth about them beside it. It is not REALY."""
