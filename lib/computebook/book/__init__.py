"""The executable report: running its chapters, rendering its site, checking it in a browser."""
