"""
A local Twilio: a small HTTP server that speaks what we use of Twilio's API over real sockets.

The bodies have the shape that Twilio documents. Where that was read stands at each of them; most
come from the examples in the tests of the official SDK, which Twilio generates from its API's
description (https://github.com/twilio/twilio-python, ``tests/integration``), and from the pages
below https://www.twilio.com/docs.
"""
