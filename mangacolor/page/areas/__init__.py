"""Areas between lines, the flats of a picture: found, and which of them touch."""

from mangacolor.page.areas.contacts import Contacts, contacts_of
from mangacolor.page.areas.find import Areas, find_areas
from mangacolor.page.areas.links import Links, groups_of, links_of
from mangacolor.page.areas.runs import Runs, pieces_of, runs_of

__all__ = [
    "Areas",
    "Contacts",
    "Links",
    "Runs",
    "contacts_of",
    "find_areas",
    "groups_of",
    "links_of",
    "pieces_of",
    "runs_of",
]
