"""A QMP client that shares nothing with ours: reads by lines and sends no line ends, as QEMU's own in Python does.

Takes the path of a monitor, and JSON requests on standard input, one a line. Prints the greeting, and for each request the
events that came until its answer, and the answer.
"""

import json
import socket
import sys


def receive(lines):
    line = lines.readline()
    if not line.endswith(b"\r\n"):
        sys.exit(f"not a whole line: {line!r}")
    message = json.loads(line.decode("ascii"))
    if not isinstance(message, dict):
        sys.exit(f"not an object: {line!r}")
    print(json.dumps(message), flush=True)
    return message


def main(path):
    monitor = socket.socket(socket.AF_UNIX)
    monitor.settimeout(10)
    monitor.connect(path)
    lines = monitor.makefile("rb")
    greeting = receive(lines)["QMP"]
    if not isinstance(greeting["version"], dict) or not isinstance(greeting["capabilities"], list):
        sys.exit("not a greeting")
    for text in sys.stdin:
        request = json.loads(text)
        monitor.sendall(json.dumps(request, separators=(",", ":")).encode())
        while "event" in (answer := receive(lines)):
            pass
        if ("return" in answer) == ("error" in answer):
            sys.exit("neither return nor error, or both")
        if ("id" in request) != ("id" in answer):
            sys.exit("an id was lost, or made up")
        if json.dumps(request.get("id"), sort_keys=True) != json.dumps(answer.get("id"), sort_keys=True):
            sys.exit("another id")


main(sys.argv[1])
