"""
The real parts on a stage where nothing moves by itself.

The facade, the use cases and the rules are the real ones, and so is the store behind them. Between
them and the world every command stands still until a test lets it be executed, answered, lost,
given again, or executed when nobody waits for it any more; time stands still until it is moved.
So any interleaving can be played step by step, and the model watches each step.
"""
