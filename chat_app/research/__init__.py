"""The domain: plans, evidence, reports, the trail of a turn and its view. Knows no framework."""
