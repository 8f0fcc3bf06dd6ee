"""The contracts: records, their Avro schemas, the topics they travel on, and the codec."""
