use rule job as figure1 with:
    input:
        images=BASELINE_IMAGES,
    output:
        figure("figure1", "2 Images and noise", "Figure 1"),
