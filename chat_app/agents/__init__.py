"""The planner, the searcher and the analyst: one file an agent. Knows no workflow and no screen."""
