"""What frontier language models cost to build, buy and run: models and sourced data.

The modules are the nouns of the field. From the ground up: `units`; `hardware`,
`architectures`; `datasets`; `memory`, `roofline`, `network`; `power`; `pricing`, `tco`;
`benchmarks`, `market`, `claims`, `validation`; `scenarios`; `charts`, `tables`, `exhibits`,
`book`, `cli`. Imports point down this list only.
"""

__version__ = "2026.1.0"
