"""Loopback: how processes that train together meet on any machine, whatever its name and network are."""

from __future__ import annotations

import sys

# what torchrun is told: a port that is free, on this machine
ALONE = ("--standalone", "--local-addr", "127.0.0.1")
# what gloo is told, which would otherwise ask for the address of the machine's name
LOOPBACK = {"GLOO_SOCKET_IFNAME": "lo"} if sys.platform == "linux" else {}
