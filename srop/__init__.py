"""Spectral roll-off points (SROPs): how coarse or fine the patterns in a network's feature maps are."""

import lazy_loader

# Lazy, so that the workflow can read the configuration without waiting for torch.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "convention": ["CONVENTIONS", "HALF_PIXEL", "PRINTED", "PUBLISHED", "Convention"],
        "corruptions": ["corrupted"],
        "filters": ["filter_centers", "low_proportion"],
        "finding": ["explain_layers", "find_layers"],
        "hooks": ["reduced_layers"],
        "layerwise": ["layer_statistics", "profile"],
        "monitor": ["Monitor"],
        "occlusion": ["HeatMap", "fourier_heatmap", "occluded_frequency", "positive_shares"],
        "plotting": ["plot_profile"],
        "rolloff": ["dead_maps", "radial_spectrum", "rolloff_grid", "rolloff_points", "rolloff_points_1d"],
        "statistics": ["Summary", "summarize"],
    },
)
