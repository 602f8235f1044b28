"""Programs under a supervisor, and one supervisor per data directory."""

from lineshaft.infrastructure.processes.child import die_with, write_to_stderr
from lineshaft.infrastructure.processes.copies import apart, copies_allowed, processes
from lineshaft.infrastructure.processes.lock import DataDirectoryTaken, lock_data_dir
from lineshaft.infrastructure.processes.program import Program, file_exists, port_answers
from lineshaft.infrastructure.processes.steady import be_steady
from lineshaft.infrastructure.processes.supervisor import ProgramFailed, Supervisor

__all__ = [
    "DataDirectoryTaken",
    "Program",
    "ProgramFailed",
    "Supervisor",
    "apart",
    "be_steady",
    "copies_allowed",
    "die_with",
    "file_exists",
    "lock_data_dir",
    "port_answers",
    "processes",
    "write_to_stderr",
]
