"""The only door to torch for everything but training: networks, tensors, weights, the separator on whole pages."""
