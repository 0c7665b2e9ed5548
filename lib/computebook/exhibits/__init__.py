"""What each chapter shows: its parameters, its frames and its headline values, computed.

One module per chapter. A chapter argues; its exhibit module computes what it argues with.
"""
