"""What machine this is: Python, NumPy, BLAS, processor, caches, memory, and how fast they are together (module 01).

>>> from tt_core.environment import report
>>> report(measure=False).cpu.usable >= 1
True
"""

from tt_core.environment.advice import Advice, advise
from tt_core.environment.blas import Blas, find_blas
from tt_core.environment.cpu import Cache, Cpu, find_cpu
from tt_core.environment.limits import MemoryLimit, cpu_quota, memory_limit
from tt_core.environment.memory import Memory, find_memory
from tt_core.environment.roofline import Roofline, intensity
from tt_core.environment.software import NumPy, Python, System, find_numpy, find_python, find_system
from tt_core.environment.speed import Measurement, Speed, measure, measure_speed
from tt_core.environment.summary import Report, report
from tt_core.environment.variables import VARIABLES, find_variables, redact

__all__ = [
    "VARIABLES",
    "Advice",
    "Blas",
    "Cache",
    "Cpu",
    "Measurement",
    "Memory",
    "MemoryLimit",
    "NumPy",
    "Python",
    "Report",
    "Roofline",
    "Speed",
    "System",
    "advise",
    "cpu_quota",
    "find_blas",
    "find_cpu",
    "find_memory",
    "find_numpy",
    "find_python",
    "find_system",
    "find_variables",
    "intensity",
    "measure",
    "measure_speed",
    "memory_limit",
    "redact",
    "report",
]
