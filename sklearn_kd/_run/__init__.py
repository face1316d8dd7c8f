"""How a fit runs: seeds, threads, time, bounds on work, and what it leaves behind."""
