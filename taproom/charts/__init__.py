"""Pictures that stand alone: SVG without scripts, fonts or addresses of others, for light and for dark screens.

colours.py   the colours, by what they mean, light and dark
svg.py       ``themed``: any SVG drawn in the light colours, made to follow the reader's screen
vega.py      ``svg_of``: a Vega-Lite specification as such an SVG

A chart is a Vega-Lite specification (a dict) in the light colours; svg_of does the rest.
"""
