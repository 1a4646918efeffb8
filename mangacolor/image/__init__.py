"""The one place where files become pixels and pixels become files, and the one resizer.

Arrays here are (H, W, 3) uint8 sRGB unless a docstring says otherwise.
"""

from mangacolor.image.arrays import as_decoded, as_given
from mangacolor.image.decode import MAX_PIXELS, decode, decode_smaller, picture_size, read_bytes, read_image, thumbnail
from mangacolor.image.decoded import Animation, DecodedImage, Frame, Note, NoteKind
from mangacolor.image.encode import encode, fits, format_for
from mangacolor.image.formats import FileFormat
from mangacolor.image.resize import Pixels, float_from_pixels, pixels_from_float, resize, resize_to_each, to_gray

__all__ = [
    "MAX_PIXELS",
    "Animation",
    "DecodedImage",
    "FileFormat",
    "Frame",
    "Note",
    "NoteKind",
    "Pixels",
    "as_decoded",
    "as_given",
    "decode",
    "decode_smaller",
    "encode",
    "fits",
    "float_from_pixels",
    "format_for",
    "picture_size",
    "pixels_from_float",
    "read_bytes",
    "read_image",
    "resize",
    "resize_to_each",
    "thumbnail",
    "to_gray",
]
