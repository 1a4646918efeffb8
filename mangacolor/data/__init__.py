"""Training data: finding pairs, drawing the grey side, making samples."""
