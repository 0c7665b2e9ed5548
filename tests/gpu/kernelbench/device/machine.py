"""What the GPU, its driver and its clocks are."""

from __future__ import annotations

import datetime
import subprocess

import torch

from kernelbench.rows import Machine

CLOCKS = {
    "driver": "driver_version",
    "sm_clock_mhz": "clocks.sm",
    "memory_clock_mhz": "clocks.mem",
    "power_limit_w": "power.limit",
    "temperature_celsius": "temperature.gpu",
}
# Cache taken for granted where an old PyTorch does not tell it: that of a B200, the largest known.
UNKNOWN_L2_BYTES = 126 * 2**20


def machine(device: torch.device, seed: int) -> Machine:
    """Return what all rows of a run on this device share."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    if device.type != "cuda":
        # Enough of both for a rehearsal to rotate buffers and to split contexts.
        rehearsal = {"rehearsal": True, "l2_bytes": 2**17, "processors": 8}
        return Machine("cpu", torch.__version__, today, seed, **rehearsal)
    properties = torch.cuda.get_device_properties(device)
    return Machine(
        gpu=properties.name,
        torch=torch.__version__,
        as_of=today,
        seed=seed,
        cuda=torch.version.cuda or "",
        l2_bytes=getattr(properties, "L2_cache_size", 0) or UNKNOWN_L2_BYTES,
        processors=properties.multi_processor_count,
    )


def selector(device: torch.device) -> list[str]:
    """Return how to name this GPU to nvidia-smi, whose numbers CUDA_VISIBLE_DEVICES may hide."""
    uuid = str(getattr(torch.cuda.get_device_properties(device), "uuid", ""))
    if not uuid:
        return ["-i", str(device.index or 0)]
    return ["-i", uuid if uuid.startswith(("GPU-", "MIG-")) else f"GPU-{uuid}"]


class Clocks:
    """Reads driver, clocks and power limit with nvidia-smi; gives up for good at the first no."""

    def __init__(self, device: torch.device) -> None:
        self.command: list[str] = []
        if device.type == "cuda":
            query = f"--query-gpu={','.join(CLOCKS.values())}"
            self.command = ["nvidia-smi", query, "--format=csv,noheader,nounits"]
            self.command += selector(device)

    def read(self) -> dict[str, str]:
        """Return the columns that could be read; those that could not are left out."""
        if not self.command:
            return {}
        try:
            answer = subprocess.run(
                self.command, capture_output=True, text=True, timeout=10, check=True
            ).stdout
        except (OSError, subprocess.SubprocessError):
            self.command = []
            return {}
        values = [value.strip() for value in answer.splitlines()[0].split(",")]
        # A field that the GPU does not have reads "[N/A]" or "[Not Supported]".
        found = zip(CLOCKS, values, strict=True)
        return {name: value for name, value in found if not value.startswith("[")}


def free_bytes(device: torch.device) -> int:
    """Return the free memory of a GPU; for a rehearsal, a gigabyte."""
    if device.type != "cuda":
        return 10**9
    torch.cuda.empty_cache()
    return torch.cuda.mem_get_info(device)[0]
