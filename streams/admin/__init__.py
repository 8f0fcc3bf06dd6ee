"""What an operator does to a cluster: topics, permissions, repartitioning, erasure."""
