"""Alerts that reach people: anomalies, SLA breaches and accounts at risk, forwarded from topics.

Records come in, an alert is told to every receiver that a route leads to, and only then the
receiver's offsets move. Each receiver is a consumer group and a thread of its own: how far it has
come is its own matter, it needs no disk, and one that is down holds up nobody.
"""
