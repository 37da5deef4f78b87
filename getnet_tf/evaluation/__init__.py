"""How good a model is: predictors, metrics, calibration, figures and the report."""
