"""Colours and sizes. On a card of its own, which is light on any page and in print.

Nothing is told by colour alone: old and new differ in lightness, every state has a shape or a hatching of its own, what
failed has its own place. The smallest text is 14 of 1,200 units: 11 pixels where the picture is 960 wide.
"""

from conformance.judge.model import Verdict

CARD = "#ffffff"
FRAME = "#c9d1db"
INK = "#16202c"
SUB = "#475465"
FAINT = "#6b7787"
GRID = "#e3e8ee"
OLD = "#b3bfce"
NEW = "#11756b"
THIRD = "#8f6fae"
ELSEWHERE = "#e6ebf1"
OTHER = "#d5dce5"
LEAVING = "#f3bb45"
LEAVING_LINES = "#a06a00"
STOPPING = "#7d8896"
HANGING = "#ffffff"
STOPPED = "#2a3441"
STARTING = "#dcedfb"
STARTING_EDGE = "#5b9bd5"
WAITING = "#2f6fc4"
BAD = "#c01622"
BAD_SHADE = "#e5484d"
BLIND = "#8a5a00"
P99 = "#5335b0"
P50 = "#7b6bc0"
BAND_LOOK = "#e9edf2"
BAND_BATCH = "#cfd9e6"
BAND_FAULT = "#f6d9db"
BAND_UNDO = "#fbe4b5"
COLUMN = "#f3f6fa"
COLUMN_UNDO = "#fdf6e6"
COLUMN_FAULT = "#fdf3f3"
COLUMN_STARVED = "#f4ecdd"

VERDICTS = {Verdict.GO: "#1a7f37", Verdict.NO_GO: BAD, Verdict.INCONCLUSIVE: BLIND}

SMALL = 14
BODY = 15
HEAD = 20
LEAD = 17
"""Between two lines of small text."""

WIDTH = 1200
MARGIN = 24
LEFT = 176
"""Where the time begins; what stands before it are labels."""
RIGHT = WIDTH - MARGIN
