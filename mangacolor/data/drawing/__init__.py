"""What is drawn for training: lines, tones, strokes, lettering, scenery, whole pages."""
