"""The definition of an SROP: the choices that the paper leaves open, in one value."""

from dataclasses import dataclass, fields
from typing import Literal, get_args


@dataclass(frozen=True)
class Convention:
    """A complete definition of the spectral roll-off point of a map.

    The paper's text, its equations and its Table 2 contradict one another, so every choice is explicit here. Use one of
    the named conventions, or change one of its fields by :func:`dataclasses.replace`.

    Attributes:
        spectrum: ``"power"`` is :math:`|F|^2`; ``"magnitude"`` is :math:`|F|`, as in Eq. 3.
        ring_statistic: Average (``"mean"``) or total (``"sum"``, Eq. 6) of the spectrum over each ring.
        ring_center: The center of the rings: ``"dc"``, or ``"half_pixel"``, the point (N-1)/2 of a spectrum with DC at
            N//2. For even N this point is half a pixel away from DC.
        first_ring: Innermost ring of the band: 1 leaves out ring 0, which holds DC; 0 includes it.
        reference_rule: The meaning of a reference size N: ``"upsample"`` enlarges the map to N x N by nearest neighbor;
            ``"scale"`` keeps the map's own size n and multiplies its SROP by n/N.
        kappa: Share, in (0, 1), of the sum of the ring statistics that the roll-off point reaches. For ring means this
            is not a share of the power.

    Raises:
        ValueError: If a field has another value.

    Reference:
        Yu et al. 2021, Eq. 2-6 and the baseline column of Table 2.

    Example:
        >>> from dataclasses import replace
        >>> replace(PUBLISHED, kappa=0.95).kappa
        0.95
    """

    spectrum: Literal["power", "magnitude"] = "power"
    ring_statistic: Literal["mean", "sum"] = "mean"
    ring_center: Literal["dc", "half_pixel"] = "dc"
    first_ring: Literal[0, 1] = 1
    reference_rule: Literal["upsample", "scale"] = "upsample"
    kappa: float = 0.85

    def __post_init__(self) -> None:
        for field in fields(self):
            allowed, value = get_args(field.type), getattr(self, field.name)
            if allowed and value not in allowed:
                raise ValueError(f"{field.name}={value!r}: allowed are {', '.join(map(repr, allowed))}")
        if not 0 < self.kappa < 1:
            raise ValueError(f"kappa={self.kappa!r}; give a share of the spectrum, which lies in (0, 1)")


PUBLISHED = Convention()
"""Ring means of the power, rings about DC; the default everywhere. Among many readings of the paper this one reproduces
the baseline of Table 2, to 0.002 at every size. It also makes Eq. 7 true by construction (rotations by 90 degrees
change nothing), and agrees with the text ('the ordinate origin is at the center of the spectrum'). It departs from
Eq. 3 (power instead of magnitude), Eq. 4 (k / m) and Eq. 6 (means instead of sums)."""

HALF_PIXEL = Convention(ring_center="half_pixel")
"""The published convention with its rings about a point half a pixel from DC: the center in a widely copied recipe for
azimuthal averages. Table 2 fits both; quarter turns change this one. It shows how much the center matters."""

PRINTED = Convention(spectrum="magnitude", ring_statistic="sum", ring_center="dc", first_ring=0, reference_rule="scale")
"""Equations 2 to 6 to the letter. DC is in the band, so a shift of the map's gray level changes the SROP."""

CONVENTIONS = {"published": PUBLISHED, "half_pixel": HALF_PIXEL, "printed": PRINTED}
"""The conventions by the names that configuration files and tables use."""


def as_convention(convention: Convention | str) -> Convention:
    """Give a convention as it is, or find it by its name.

    Raises:
        ValueError: If there is no convention of that name.
        TypeError: If the argument is neither a convention nor a name.

    Example:
        >>> as_convention("printed") == PRINTED
        True
    """
    if isinstance(convention, Convention):
        return convention
    if not isinstance(convention, str):
        raise TypeError(f"{convention!r} is no convention; give a Convention or one of {', '.join(CONVENTIONS)}")
    if convention not in CONVENTIONS:
        raise ValueError(f"there is no convention {convention!r}; there are {', '.join(CONVENTIONS)}")
    return CONVENTIONS[convention]


def name_of(convention: Convention | str) -> str:
    """Give a convention's name, or its fields if it has no name.

    Example:
        >>> name_of(PRINTED), name_of(Convention(kappa=0.5))[-10:]
        ('printed', 'kappa=0.5)')
    """
    definition = as_convention(convention)
    return next((name for name, known in CONVENTIONS.items() if known == definition), str(definition))
