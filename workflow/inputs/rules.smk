rule figure1:
    input:
        images=BASELINE_IMAGES,
    output:
        figure("figure1", "2 Images and noise", "Figure 1"),
    message:
        "Figure 1"
    shell:
        RUN
