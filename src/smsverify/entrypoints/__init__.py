"""What drives smsverify from outside: people at a terminal, and programs that call."""
