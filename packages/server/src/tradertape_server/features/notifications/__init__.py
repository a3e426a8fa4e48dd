"""Notifications: what happened, sent to the channels a person chose, and shown in the console.

May import every feature below it to read what happened. Nothing here runs on the trader's thread:
what happened is read from what other features stored, becomes rows of an outbox in one transaction,
and is sent by threads of its own. Inside, downwards: `routes`, `build`, `bot`, `actions`,
`collector`, `sources`, `delivery`, `service`, `publishing`, `channels`, `repository`,
`catalogue | preferences | schemas | models`.
"""
