"""What the Python clients' programs have in common: steps with a printed result, and the simulator's address and keys.

Environment variables: SIM_HOST (host:port), SIM_COMPANY, SIM_PUBLIC_KEY, SIM_PRIVATE_KEY, and REQUESTS_CA_BUNDLE with
the simulator's CA. PEER_FOLDER is a folder for the files that a program writes.
"""

import os
import sys
import traceback

HOST = os.environ["SIM_HOST"]
SERVER = f"https://{HOST}"
BASE = f"{SERVER}/v4_6_release/apis/3.0"
COMPANY = os.environ["SIM_COMPANY"]
PUBLIC_KEY = os.environ["SIM_PUBLIC_KEY"]
PRIVATE_KEY = os.environ["SIM_PRIVATE_KEY"]
CLIENT_ID = "00000000-0000-0000-0000-000000000000"
FOLDER = os.environ.get("PEER_FOLDER", ".")

counted = {"passed": 0, "failed": 0, "client": 0}


def step(name, action):
    """Runs a step. Prints what it returns, or its error. Returns the result, or None after an error."""
    try:
        result = action()
    except Exception as error:  # clients raise errors of many types
        counted["failed"] += 1
        print(f"FAILED  {name}: {type(error).__name__}: {str(error)[:500]}", flush=True)
        if os.environ.get("PEER_TRACEBACK"):
            traceback.print_exc()
        return None
    counted["passed"] += 1
    print(f"ok      {name}: {str(result)[:150]}", flush=True)
    return result


def known_failure(name, action, contains, why):
    """Runs a step that fails because of an error in the client. The step fails if the client's error does not contain
    the text, and if there is no error: then the client's error is corrected or the simulator hides it."""
    try:
        result = action()
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        if contains in text:
            counted["client"] += 1
            print(f"client  {name}: {why}", flush=True)
        else:
            counted["failed"] += 1
            print(f"FAILED  {name}: expected an error with {contains!r}, got {text[:500]}", flush=True)
        return
    counted["failed"] += 1
    print(f"FAILED  {name}: expected an error with {contains!r}, got {str(result)[:150]}", flush=True)


def expect(condition, expected):
    if not condition:
        raise AssertionError(f"expected {expected}")


def finish():
    """Prints the counts and ends the program with exit code 1 if a step failed."""
    print(f"counts  {counted['passed']} passed, {counted['failed']} failed, {counted['client']} faults of the client")
    sys.stdout.flush()
    os._exit(1 if counted["failed"] else 0)
