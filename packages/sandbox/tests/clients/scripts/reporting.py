"""One JSON line a call of a client: what was called, whether it went as expected, what it said."""

import json
import sys
import time


class Reporter:
    """Calls methods and prints how each went. `pause_s`: what a rate limit asks for before."""

    def call(self, name, function, check=None, pause_s=0.0):
        """Call, print and return the result; None where it failed or `check` refused it."""
        time.sleep(pause_s)
        try:
            result = function()
        except Exception as error:  # noqa: BLE001 - whatever a client raises is reported
            self.say(name, False, f"{type(error).__name__}: {error}")
            return None
        is_right = True if check is None else bool(check(result))
        self.say(name, is_right, str(result)[:300])
        return result

    def fails(self, name, function, kind, words="", pause_s=0.0):
        """Call what has to raise an error of a kind (a class, or its name)."""
        time.sleep(pause_s)
        try:
            result = function()
        except Exception as error:  # noqa: BLE001 - whatever a client raises is reported
            expected = kind if isinstance(kind, str) else kind.__name__
            is_right = type(error).__name__ == expected and words.lower() in str(error).lower()
            self.say(name, is_right, f"{type(error).__name__}: {error}")
            return error
        self.say(name, False, f"it should have failed, and said {str(result)[:200]}")
        return None

    def say(self, name, ok, said):
        """Print a line."""
        print(json.dumps({"method": name, "ok": bool(ok), "said": said}), flush=True)  # noqa: T201 - what the test reads


def wait_until(condition, timeout_s=10.0, step_s=0.02):
    """Ask for a condition every `step_s`; return whether it came true in time."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(step_s)
    return bool(condition())


def address():
    """The sandbox's address, the script's argument."""
    return sys.argv[1].rstrip("/")
