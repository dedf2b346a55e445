"""Wavelet and spectral patterns of image data sets (Yousefzadeh and Huang 2020)."""
