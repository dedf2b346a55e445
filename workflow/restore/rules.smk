# restore=recorded: tables are taken from the recorded run of the same name, and nothing is trained or measured. What
# needs more than tables and images is left out, by name. Included behind all experiments, and before what shows them.
if INVOCATION.restore:
    with refusing():
        RESTORED = restored_tables(RECORDED / INVOCATION.full_name, plain(EXPERIMENT))
    RULES = {each.name: each for each in workflow.rules if each.output}
    TABLE_RULES, DRAWN_RULES = restorable(
        {name: (list(each.input), list(map(str, each.output))) for name, each in RULES.items()},
        tables={f"{RESULTS}/tables/{name}" for name in RESTORED},
        images=f"{RESULTS}/images/",
    )
    RESTORED_FILES = [str(file) for name in TABLE_RULES for file in RULES[name].output]
    SHOWN = {name for name, each in RULES.items() if any(is_flagged(file, "report") for file in each.output)}
    LEFT_OUT = sorted(SHOWN - {*TABLE_RULES, *DRAWN_RULES})
    if LEFT_OUT and workflow.is_main_process:
        logger.info(f"Not restored, since they need more than recorded tables: {', '.join(LEFT_OUT)}")
    for name in (*TABLE_RULES, *LEFT_OUT):
        del workflow._rules[name]
    # An input that was taken from another rule's output remembers this rule.
    for each in workflow.rules:
        each.dependencies = {file: maker for file, maker in each.dependencies.items() if str(maker) in workflow._rules}
    KEPT_FILES = {*RESTORED_FILES, *(str(file) for name in DRAWN_RULES for file in RULES[name].output)}
    WHOLE_RUN[:] = [str(file) for file in WHOLE_RUN if str(file) in KEPT_FILES]
    TABLES_WITH_ORIGIN.clear()

    use rule job as restore_tables with:
        output:
            RESTORED_FILES,
        params:
            recorded=untracked(str(RECORDED / INVOCATION.full_name)),
            files=RESTORED_FILES,
            besides=sha256_of(RECORDED / INVOCATION.full_name / "SHA256SUMS"),
        message:
            "Tables of the recorded run"
