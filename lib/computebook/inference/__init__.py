"""The serving models set against measurements: cases, constants, fit, predictions, errors.

`records` reads and writes files, `cases` brings measured rows to one meaning per column,
`calibration` names the constants with their priors, `predictions` runs the models on cases,
`fit` and `refit` fit the constants, `holdout` predicts each case without its group, `proof`
makes tables of both and `table` reads them, `report` and `scores` say how far off the models are.

`energy` fits the energy per byte and operation to measured power, `energy_report` keeps those
constants as data and says how far energy per token is off.
"""
