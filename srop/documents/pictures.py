"""Pictures that are small enough to be stored with the project."""

from io import BytesIO

from PIL import Image


def small_png(picture: Image.Image) -> bytes:
    """Give a picture as a PNG of few colors, which loads quickly and keeps the repository small.

    Args:
        picture: A drawing; a photograph would lose shades.

    Returns:
        The PNG's bytes.

    Example:
        >>> small_png(Image.new("RGB", (8, 8)))[1:4]
        b'PNG'
    """
    png = BytesIO()
    few = picture.convert("RGB").quantize(128, method=Image.Quantize.MAXCOVERAGE)
    few.save(png, "PNG", optimize=True)
    return png.getvalue()
