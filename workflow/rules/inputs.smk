draw("figure1", "2 Images and noise", {"figure1": "Figure 1"}, images=rules.measure_baseline.input.images)
