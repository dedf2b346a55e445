"""Spectral roll-off points (SROPs): how coarse or fine the patterns in a network's feature maps are."""

from typing import Any

import lazy_loader

# Lazy, so that the workflow can read the configuration without waiting for torch.
_attribute, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "aliasing": ["aliased_share", "aliasing"],
        "aliasing_plots": ["plot_aliasing"],
        "amplitude_plots": ["plot_amplitudes"],
        "amplitude_tables": ["layer_amplitudes"],
        "amplitudes": ["relative_log_amplitude"],
        "band_plots": ["plot_bands"],
        "bands": ["band_accuracy", "band_noise"],
        "channel_plots": ["show_channels"],
        "channels": ["describe_channels", "without_channels"],
        "comparison": ["compare"],
        "comparison_plots": ["plot_comparison"],
        "map_concentration": ["concentration"],
        "convention": ["CONVENTIONS", "HALF_PIXEL", "PRINTED", "PUBLISHED", "Convention"],
        "corruptions": ["corrupted"],
        "dominant": ["DominantFrequencies", "dominant_frequencies", "kept_frequencies"],
        "dominant_plots": ["plot_dominant"],
        "filters": ["filter_centers", "low_proportion"],
        "directions": ["power_by_direction"],
        "image_spectra": ["compare_spectra"],
        "image_spectra_plots": ["plot_spectra"],
        "image_tables": ["class_statistics", "compare_images", "describe_images", "plot_images"],
        "layers": ["explain_layers", "find_layers"],
        "frequency_plots": ["plot_filters", "plot_frequencies", "plot_heatmap"],
        "hooks": ["reduced_layers"],
        "penalty": ["fine_share"],
        "profiles": ["layer_statistics", "profile", "read_profile"],
        "monitor": ["Monitor"],
        "occlusion": ["HeatMap", "fourier_heatmap", "occluded_frequency", "positive_shares"],
        "profile_plots": ["plot_profile"],
        "resolution": ["possible_srops"],
        "rolloff": ["dead_maps", "radial_spectrum", "rolloff_grid", "rolloff_points", "rolloff_points_1d"],
        "soft": ["soft_rolloff_points", "spectral_slope"],
        "statistics": ["Summary", "summarize"],
        "zigzag": ["median_residual", "zigzag_spectrum"],
    },
)


def __getattr__(name: str) -> Any:
    return _version() if name == "__version__" else _attribute(name)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("srop")
    except PackageNotFoundError:
        # A clone whose dependencies alone are installed.
        import tomllib
        from pathlib import Path

        file = Path(__file__).resolve().parents[1] / "pyproject.toml"
        return tomllib.loads(file.read_text(encoding="utf-8"))["project"]["version"]
