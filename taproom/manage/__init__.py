"""Operating a deployed stack: starting, stopping and listing executions, their logs, and the schedule.

parameters.py     what an execution is given, from --input and --set
found.py          an execution that is there
start.py          starting one, and where the console shows it
stop.py           stopping one
runs.py           what became of executions, read with as few calls as it takes; view_runs.py shows it
resources.py      the physical ids of a stack's resources
steps.py          the jobs and functions of a step of an execution
logs.py           what those said, from CloudWatch Logs; collected_logs.py from a collected run
schedule.py       the stack's schedule; firing.py and cron.py reckon when it fires
"""
