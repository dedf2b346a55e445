# Runs that are compared as they lie in their folders: these targets run nothing else, and have no results of their own
# that could be out of date.
FIRST = INVOCATION.first or RESULTS
SECOND = INVOCATION.second or RECORDED / PRESET


rule diff_results:
    params:
        first=FIRST,
        second=SECOND,
        machines=[RECORDED / "embedded", RECORDED / "embedded-amd"],
        # The look of the report.
        parts=[PROJECT / "workflow" / "runs" / "differences.html.j2", *PAGE[1:]],
        into=f"{RESULTS}/differences",
    message:
        "{FIRST} and {SECOND} compared"
    shell:
        SHOW


rule check_results:
    params:
        results=RESULTS,
        recorded=RECORDED / PRESET,
        changed=[word for word in INVOCATION.overrides if not word.startswith("data.")],
    message:
        "The verdicts of {RESULTS} against the recorded ones"
    shell:
        SHOW
