"""The configuration validator: judges the settings, asks the services, and reports."""
