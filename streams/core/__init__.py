"""The decisions of Baton: pure functions of records, state and policy. No clock, no Kafka."""
