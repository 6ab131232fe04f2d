"""Import before Chainlit: leaves out what Chainlit drags in and this program never uses.

Chainlit imports `literalai` for one type name; that imports `traceloop.sdk`, which loads some forty instrumentation
packages, 1.3 seconds of every start, to be used only with a Literal AI key. And it imports `mcp` for another one: 0.3
seconds and 10 MB for a feature that `.chainlit/config.toml` switches off.
"""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

_STAND_INS = {
    "traceloop": (),
    "traceloop.sdk": ("Traceloop",),
    "mcp": ("ClientSession",),
    # What Chainlit's route for it imports before it looks whether it is switched on.
    "mcp.client.sse": ("sse_client",),
    "mcp.client.stdio": ("StdioServerParameters", "get_default_environment", "stdio_client"),
    "mcp.client.streamable_http": ("streamablehttp_client",),
}
"""Modules, and the names in them that somebody imports. They are classes that nothing is an instance of."""


def _leave_out(package: str) -> None:
    if package in sys.modules:
        return
    for name, attributes in _STAND_INS.items():
        if name == package or name.startswith(f"{package}."):
            module = ModuleType(name)
            # Without it `importlib.util.find_spec`, by which libraries look for each other, would raise an error.
            module.__spec__ = ModuleSpec(name, None)
            module.__dict__.update({attribute: type(attribute, (), {}) for attribute in attributes})
            sys.modules[name] = module


_leave_out("traceloop")
_leave_out("mcp")
