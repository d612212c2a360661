"""What a confined process may use at most."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one confined process may use.

    Attributes:
        memory: bytes of address space.
        seconds: of processor time, a net below the parent's own clock.
        file: bytes of the largest file that it may write.
        scratch: bytes of its temporary folder, where the sandbox can bound a folder.
        descriptors: of open files.
    """

    memory: int = 2048 * MIB
    seconds: int = 120
    file: int = 16 * MIB
    scratch: int = 64 * MIB
    descriptors: int = 128

    def resources(self) -> dict[str, int]:
        """Return the limits by their names in `resource`, without RLIMIT_."""
        return {
            "AS": self.memory,
            "CPU": self.seconds,
            "FSIZE": self.file,
            "NOFILE": self.descriptors,
            "CORE": 0,
        }
