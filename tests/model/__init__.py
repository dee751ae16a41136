"""
What one deployment may do, told a second time: plainly, slowly, and without the rules' own code.

Nothing here imports smsverify. The model learns only what an onlooker can see: which commands the
store executed and when, what went to the provider, what callers were told, what the counters hold.
Each thing that it sees it judges with its own arithmetic, over everything that ever happened.
"""
