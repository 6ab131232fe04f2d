"""The durable turn: workflows, their start, watch and stop. The only room that knows the engine, DBOS."""
