"""The whole report again, with a client's parameters and data.

`load` reads one YAML file and checks all of it; `data_folder` writes the tables that the chapters
of this client read; `ledger_summary` prices the client's own usage.
"""

from computebook.briefing.client_data import data_folder
from computebook.briefing.client_usage import ledger_summary
from computebook.briefing.loading import load, load_all
from computebook.briefing.request import CHAPTERS, Briefing, ClientData

__all__ = [
    "CHAPTERS",
    "Briefing",
    "ClientData",
    "data_folder",
    "ledger_summary",
    "load",
    "load_all",
]
