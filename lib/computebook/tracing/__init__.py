"""Record what a formula does, so that the same formula runs in a page.

`recorder` stands in for a number and notes every operation; `program` shares equal parts and
writes the list of steps that a page evaluates; `vega` prints the steps as Vega expressions.
"""

from computebook.tracing.program import Program, trace
from computebook.tracing.recorder import OPERATIONS, Traced, argument, take
from computebook.tracing.vega import signals

__all__ = ["OPERATIONS", "Program", "Traced", "argument", "signals", "take", "trace"]
