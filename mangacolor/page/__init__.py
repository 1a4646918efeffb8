"""What a page shows: its kind, ink, panels, balloons, areas and faces."""
