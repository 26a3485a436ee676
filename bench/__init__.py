"""The benchmark of limen: one run, in turns, pinned to cores, every figure next to nginx's own.

It measures gateways from outside, over sockets and `/proc`. It must not import `limen`.
"""
