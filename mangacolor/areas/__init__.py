"""Areas between lines, the flats of a picture: found, pooled over, and which of them touch."""

from mangacolor.areas.contacts import Contacts, adjacency, pool
from mangacolor.areas.find import Areas, find_areas

__all__ = ["Areas", "Contacts", "adjacency", "find_areas", "pool"]
