"""What exactly an SROP is: the choices that the paper leaves open, as one value."""

from dataclasses import dataclass, fields
from typing import Literal, get_args


@dataclass(frozen=True)
class Convention:
    """A complete definition of the spectral roll-off point of a map.

    The paper's text, its equations and its Table 2 do not agree with one another, so every choice is explicit here.
    Use the named conventions, or :func:`dataclasses.replace` one field of them.

    Attributes:
        spectrum: ``"power"`` is :math:`|F|^2`; ``"magnitude"`` is :math:`|F|`, as Eq. 3 prints it.
        ring_statistic: Average (``"mean"``) or total (``"sum"``, Eq. 6) of the spectrum over each ring.
        ring_center: Rings are counted about ``"dc"``, or about ``"half_pixel"``, the point (N-1)/2 of a spectrum with
            DC at N//2, which lies half a pixel beside DC for even N.
        first_ring: Innermost ring of the band: 1 leaves out ring 0, which holds DC; 0 takes it in.
        reference_rule: How a reference size N is honored: ``"upsample"`` brings the map to N x N by nearest
            neighbor; ``"scale"`` keeps the map's own size n and multiplies its SROP by n/N.
        kappa: Share, in (0, 1), of the sum of the ring statistics that is reached at the roll-off point. Of ring means
            it is no share of the power.

    Raises:
        ValueError: If a field has a value other than these.

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
            raise ValueError(f"kappa={self.kappa!r}: a share of the spectrum lies in (0, 1)")


PUBLISHED = Convention()
"""Ring means of the power, rings about DC; the default everywhere. It was picked among many readings of the paper
because it gives the baseline of Table 2, to 0.002 at every size; it also makes Eq. 7 true (turns by 90 degrees change
nothing, by construction) and suits the text ('the ordinate origin is at the center of the spectrum'). It departs from
Eq. 3 (power, not magnitude), Eq. 4 (k / m) and Eq. 6 (means, not sums)."""

HALF_PIXEL = Convention(ring_center="half_pixel")
"""As published, with rings half a pixel beside DC, as a widely copied recipe for azimuthal averages has them. Table 2
cannot tell it from PUBLISHED, but quarter turns change it: a check of how much hangs on the center."""

PRINTED = Convention(spectrum="magnitude", ring_statistic="sum", ring_center="dc", first_ring=0, reference_rule="scale")
"""Equations 2 to 6 to the letter. DC is in the band, so a shift of the map's gray level changes the SROP."""

CONVENTIONS = {"published": PUBLISHED, "half_pixel": HALF_PIXEL, "printed": PRINTED}
"""The named conventions, as configuration files and tables call them."""


def as_convention(convention: Convention | str) -> Convention:
    """Give a convention, or the one of a name.

    Raises:
        ValueError: If there is no convention of that name.
        TypeError: If it is neither.

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
    """Give a convention's name, or its fields where it has none.

    Example:
        >>> name_of(PRINTED), name_of(Convention(kappa=0.5))[-10:]
        ('printed', 'kappa=0.5)')
    """
    chosen = as_convention(convention)
    return next((name for name, known in CONVENTIONS.items() if known == chosen), str(chosen))
