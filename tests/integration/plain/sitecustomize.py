"""
Has a process find what a plain installation has: no web framework.

dependency-injector imports Flask and FastAPI wherever it finds them, which here, where the tests
need both, takes as long as all else that a command does.
"""

import sys

for framework in ("fastapi", "flask", "starlette", "werkzeug"):
    sys.modules[framework] = None  # type: ignore[assignment]
