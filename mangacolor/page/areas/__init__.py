"""Areas between lines, the flats of a picture: found, pooled over, and which of them touch."""

from mangacolor.page.areas.contacts import Contacts, adjacency, pool
from mangacolor.page.areas.find import Areas, find_areas

__all__ = ["Areas", "Contacts", "adjacency", "find_areas", "pool"]
