"""The definition compiled: cells and slots, generated code for events and conditions, triggers for what comes due."""

from livesegments.core.program.program import Inputs, Plan, Program
from livesegments.core.program.reads import taker_of
from livesegments.core.program.segments import CompiledClause, CompiledSegment
from livesegments.core.program.triggers import TimedTrigger, Trigger

__all__ = ["CompiledClause", "CompiledSegment", "Inputs", "Plan", "Program", "TimedTrigger", "Trigger", "taker_of"]
