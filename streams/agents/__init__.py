"""The agents: thin joints of core and engine."""
