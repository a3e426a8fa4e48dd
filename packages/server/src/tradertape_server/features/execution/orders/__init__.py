"""Placing, changing, previewing and reversing orders: commands, the facts they are decided on,
replies and their idempotency. May use `state` and what is below.
"""
