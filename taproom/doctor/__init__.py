"""What can be told of a deployed stack before its first run: one file per check, each finding with what to do.

finding.py      what a check says
site.py         the stack that is looked at: what several checks ask of it
examine.py      all checks, one after another
view.py         the findings on a terminal

A check is a function of the site that answers findings. What an endpoint cannot tell (a local AWS has no quotas, no
images and no simulation of policies) or what the caller may not see is "not checked", with the reason.
"""
