"""The demonstration: a verification through its whole life, each step checked as it is shown."""
