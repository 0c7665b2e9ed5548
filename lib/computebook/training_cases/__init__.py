"""Training models set against measured runs: cases, calibration, predictions and errors."""
