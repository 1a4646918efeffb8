"""Where drawn faces are, and the eyes, nose, mouth and chin in them."""

from mangacolor.page.faces.detector import LEAST_LIKELIHOOD, FaceDetector
from mangacolor.page.faces.landmarks import Face, Point

__all__ = ["LEAST_LIKELIHOOD", "Face", "FaceDetector", "Point"]
