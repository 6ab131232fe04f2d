"""`python -m benchmarks.pulse PORT`: asks /healthz twenty times a second until its input ends, then prints the latencies.

A process of its own: in the one that plays the clients, it would measure how busy those are.
"""

import http.client
import json
import sys
import threading
import time

_INTERVAL_SECONDS = 0.05


def main(port: int) -> None:
    is_over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), is_over.set()), daemon=True).start()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    latencies: list[float] = []
    while not is_over.wait(_INTERVAL_SECONDS):
        asked_at = time.monotonic()
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        latencies.append(time.monotonic() - asked_at)
    print(json.dumps(latencies))


if __name__ == "__main__":
    main(int(sys.argv[1]))
