"""The serving models set against measurements: cases, constants, fit, predictions, errors.

`cases` reads measured rows, `calibration` names the constants with their priors, `fit` fits them
with whole groups held out, `table` keeps them as data, `predictions` runs the models on cases,
and `report` says how far off they are.
"""
