"""Import before Chainlit: leaves out what Chainlit drags in and this program never uses.

Chainlit imports `literalai` for one type name; that imports `traceloop.sdk`, which loads some forty instrumentation
packages, 1.3 seconds of every start, to be used only with a Literal AI key.
"""

import sys
from types import ModuleType


def _leave_out_traceloop() -> None:
    if "traceloop.sdk" in sys.modules:
        return
    package, sdk = ModuleType("traceloop"), ModuleType("traceloop.sdk")
    sdk.__dict__["Traceloop"] = None
    package.__dict__["sdk"] = sdk
    sys.modules |= {"traceloop": package, "traceloop.sdk": sdk}


_leave_out_traceloop()
