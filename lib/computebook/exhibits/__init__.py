"""What each chapter shows: its parameters, its frames and its headline values, computed.

One module per chapter, and what several share: `article` its tables with verdicts, `facility`
site factors as ranges. A chapter argues; its exhibit module computes what it argues with.
"""
