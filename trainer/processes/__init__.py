"""Processes: whether and where one trains, how it is told to end, and a command of somebody else's as one."""
