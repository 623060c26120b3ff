"""The state machine as a picture: its definition, coloured by what an execution did.

definition.py  where the definition is, through template.yaml
model.py       states and transitions as a graph
folding.py     the same with one box per job instead of its up to fourteen states
outcomes.py    what an execution did in each state and on each way, from its history
mermaid.py, dot.py, svg.py   the graph as Mermaid, as DOT, and as SVG by Graphviz
picture.py     all of it in one call
recorded.py    an execution from a folder of runs/, or from an account
"""
