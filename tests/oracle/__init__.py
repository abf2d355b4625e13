"""An independent, slow recomputation of every change from the contract alone; shares no code with the product."""

from oracle.changes import OracleChange, Result
from oracle.recomputation import recompute

__all__ = ["OracleChange", "Result", "recompute"]
