"""Two runs compared, and a run checked against the recorded one."""
