"""The backbones of the paper, and its Table 2."""

import pandas as pd

PAPER_BACKBONES = ("AlexNet", "VGG16", "VGG16-bn", "ResNet18", "ResNet34", "DenseNet121", "DenseNet169")
"""Titles of the backbones in the paper's Table 1."""


PAPER_TABLE2 = pd.DataFrame(
    [
        (224, 0.852, 0.494, "conv0.1 (VGG16-bn)", False),
        (112, 0.399, 0.237, "conv1.1 (VGG16-bn)", True),
        (56, 0.198, 0.101, "denseblk1 (DenseNet121)", True),
        (28, 0.098, 0.047, "conv1.0 (AlexNet)", True),
        (14, 0.048, 0.023, "conv4.2 (VGG16-bn)", False),
        (7, 0.025, 0.012, "resblk4.2 (ResNet34)", True),
    ],
    columns=["output_size", "paper_baseline", "paper_minimum", "paper_layer", "paper_antialiased"],
)
"""The paper's Table 2, measured on networks that are pretrained on ImageNet."""
